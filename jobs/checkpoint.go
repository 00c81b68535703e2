package jobs

import (
	"context"
	"database/sql"
	"slices"

	"github.com/go-open311/open311"
)

// The checkpoint of a feed is a row, and parts that are numbered from 1: first the pieces of a whole one, then what has
// changed since, a line for each time that it was stored. So what is stored with a change does not grow with what is known.

// pieceSize is how much of a whole checkpoint one part holds: drivers copy a value several times.
const pieceSize = 256 << 10

// The changes behind a whole checkpoint are made one with it when there are so many, or when they are half as long as it is
// and longer than that.
const (
	mostLines = 500
	fewBytes  = 128 << 10
)

// saved is a checkpoint as the database has it.
type saved struct {
	open311.Checkpoint
	revision int64 // 0: there is none
	pieces   int64 // how many parts the whole one takes,
	size     int   // and how many bytes
	lines    int64 // the same of the changes behind it
	added    int
}

// checkpoint reads the checkpoint of a city, by one statement: another process may make it anew meanwhile.
func (d *DB) checkpoint(ctx context.Context, city string) (s saved, err error) {
	var whole []byte
	var lines [][]byte
	const statement = `SELECT c.revision, c.pieces, coalesce(p.n, 0), p.doc FROM open311_checkpoint AS c
		LEFT JOIN open311_checkpoint_part AS p ON p.server = c.server WHERE c.server = $1 ORDER BY p.n`
	err = d.each(ctx, statement, func(scan func(...any) error) error {
		var n int64
		var doc sql.RawBytes
		if err := scan(&s.revision, &s.pieces, &n, &doc); err != nil {
			return err
		}
		if n <= s.pieces {
			whole = append(whole, doc...)
		} else {
			lines, s.added = append(lines, slices.Clone(doc)), s.added+len(doc)
		}
		return nil
	}, city)
	s.size, s.lines = len(whole), int64(len(lines))
	if err == nil && len(whole) > 0 {
		if err = s.UnmarshalJSON(whole); err == nil {
			s.Checkpoint, err = s.Add(lines...)
		}
	}
	return s, err
}

// A step leads from a saved checkpoint to the next one.
type step struct {
	saved
	whole []byte // takes the place of all parts,
	line  []byte // or is put behind them; neither: nothing has changed
}

// next returns the step to c. It holds a whole checkpoint where there is nothing to go on from, or so many lines that
// reading them all takes longer.
func (s saved) next(c open311.Checkpoint) (step, error) {
	next := s
	next.Checkpoint, next.revision = c, s.revision+1
	line, ok := c.Since(s.Checkpoint)
	if len(line) > 0 {
		next.lines, next.added = next.lines+1, next.added+len(line)
	}
	if ok && next.lines <= mostLines && next.added <= max(fewBytes, next.size/2) {
		return step{saved: next, line: line}, nil
	}
	whole, err := c.MarshalJSON()
	next.size, next.pieces, next.lines, next.added = len(whole), int64((len(whole)+pieceSize-1)/pieceSize), 0, 0
	return step{saved: next, whole: whole}, err
}

// saveCheckpoint stores a step, unless another process has stored one meanwhile.
func (d *DB) saveCheckpoint(ctx context.Context, tx *sql.Tx, city string, s step) error {
	var err error
	if s.revision == 1 {
		err = one(tx.ExecContext(ctx, d.q("INSERT INTO open311_checkpoint (server, revision, pieces) VALUES ($1, 1, $2) ON CONFLICT (server) DO NOTHING"), city, s.pieces))
	} else {
		err = one(tx.ExecContext(ctx, d.q("UPDATE open311_checkpoint SET revision = $1, pieces = $2 WHERE server = $3 AND revision = $4"), s.revision, s.pieces, city, s.revision-1))
	}
	if err != nil {
		return err
	}
	n := s.pieces + s.lines
	parts := [][]byte{s.line}
	switch {
	case s.whole != nil:
		if _, err := tx.ExecContext(ctx, d.q("DELETE FROM open311_checkpoint_part WHERE server = $1"), city); err != nil {
			return err
		}
		n, parts = 1, slices.Collect(slices.Chunk(s.whole, pieceSize))
	case s.line == nil:
		return nil
	}
	for i, doc := range parts {
		if _, err := tx.ExecContext(ctx, d.q("INSERT INTO open311_checkpoint_part (server, n, doc) VALUES ($1, $2, $3)"), city, n+int64(i), doc); err != nil {
			return err
		}
	}
	return nil
}
