package jobs

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311"
)

// Tables is the sink in the jobs' own database. Table open311_request has a row for each request of each city, with
// the record as JSON, and when it was first and last seen; open311_change has what has happened to them, each change once,
// in the order in which it was found. A row without ID is known by its contents.
//
// A listing that finds a request changed that is there already writes a change as well, if its state, dates, service,
// description or address differ: an answer of another kind may show more or less of the rest.
func (d *DB) Tables() Sink { return tables{d} }

type tables struct{ db *DB }

// record is a request on its way into the table.
type record struct {
	id         string
	r          *open311.ServiceRequest
	doc        []byte
	sum, print int64
	change     *open311.Change // nil for one of a listing
}

// known is what the table has of a request.
type known struct {
	status     string
	sum, print int64
	gone       bool
}

// history is a row of the table of changes.
type history struct {
	id, kind, status, previous string
	at                         time.Time
	doc                        []byte
}

// Write implements Sink.
func (t tables) Write(ctx context.Context, tx *sql.Tx, b *Batch) error {
	var records []*record
	for _, r := range b.Requests {
		rec, err := newRecord(r, nil)
		if err != nil {
			return err
		}
		records = append(records, rec)
	}
	for _, c := range b.Changes {
		rec, err := newRecord(c.Request, c)
		if err != nil {
			return err
		}
		records = append(records, rec)
	}
	// The same id twice: the last one counts, and two rows in one statement would be an error. All processes lock rows in
	// one order.
	slices.SortStableFunc(records, func(a, b *record) int { return strings.Compare(a.id, b.id) })
	records = slices.CompactFunc(reversed(records), func(a, b *record) bool { return a.id == b.id })
	var store, gone []*record
	for _, rec := range slices.Backward(records) {
		if rec.change != nil && rec.change.Kind == open311.Gone {
			gone = append(gone, rec)
		} else {
			store = append(store, rec)
		}
	}
	there, err := t.insert(ctx, tx, b, store)
	if err != nil {
		return err
	}
	have, err := t.have(ctx, tx, b.Server, slices.Concat(there, gone))
	if err != nil {
		return err
	}
	var found []history
	for _, rec := range slices.Backward(records) {
		old, ok := have[rec.id]
		if h, ok := rec.history(old, ok); ok {
			found = append(found, h)
		}
	}
	if err := t.db.insert(ctx, tx, "open311_request", requestColumns, updateRequest, t.rows(b, there)); err != nil {
		return err
	}
	for _, rec := range gone {
		if _, err := tx.ExecContext(ctx, t.db.q("UPDATE open311_request SET gone = $1 WHERE server = $2 AND id = $3 AND gone IS NULL"),
			t.db.at(b.Seen), b.Server, rec.id); err != nil {
			return err
		}
	}
	return t.append(ctx, tx, b, found)
}

func reversed[T any](s []T) []T {
	slices.Reverse(s)
	return s
}

func newRecord(r *open311.ServiceRequest, c *open311.Change) (*record, error) {
	doc, err := r.MarshalJSON() // json.Marshal would look through it twice more
	if err == nil {
		doc, err = storable(escaped(doc))
	}
	if err != nil {
		return nil, err
	}
	rec := &record{id: storableText(r.ID), r: r, doc: doc, change: c, sum: sumOf(doc)}
	if rec.id == "" && r.Token != "" {
		rec.id = "token:" + storableText(r.Token)
	}
	if rec.id == "" {
		rec.id = "row:" + strconv.FormatUint(uint64(rec.sum), 16)
	}
	rec.print = sumOf([]byte(strings.Join([]string{strings.ToLower(string(r.Status)), r.RequestedDatetime.UTC().Format(layout),
		r.UpdatedDatetime.UTC().Format(layout), r.ServiceCode, r.Description, r.Address}, "\x00")))
	return rec, nil
}

// escaped returns JSON as json.Marshal writes it: sums of earlier versions were made of that.
func escaped(doc []byte) []byte {
	if bytes.IndexByte(doc, '<') < 0 && bytes.IndexByte(doc, '>') < 0 && bytes.IndexByte(doc, '&') < 0 {
		return doc
	}
	var b bytes.Buffer
	json.HTMLEscape(&b, doc)
	return b.Bytes()
}

func sumOf(text []byte) int64 {
	h := fnv.New64a()
	_, _ = h.Write(text) // it never fails
	return int64(h.Sum64())
}

// history returns the row for the table of changes, if there is something to write.
func (rec *record) history(old known, ok bool) (history, bool) {
	h := history{id: rec.id, status: string(rec.r.Status), doc: rec.doc}
	if c := rec.change; c != nil {
		h.kind, h.previous, h.at = string(c.Kind), string(c.Previous), c.At()
		if c.Kind == open311.Gone {
			return h, !ok || !old.gone
		}
		return h, !ok || old.gone || old.sum != rec.sum // else a listing has told it already
	}
	if !ok || old.print == rec.print && !old.gone {
		return h, false
	}
	was, is := open311.Status(old.status).Is(open311.StatusClosed), rec.r.Status.Is(open311.StatusClosed)
	h.previous, h.at = old.status, rec.r.UpdatedDatetime
	switch {
	case is && !was:
		h.kind = string(open311.Closed)
	case was && !is:
		h.kind = string(open311.Reopened)
	default:
		h.kind = string(open311.Updated)
	}
	return h, true
}

// have returns what the table has of records already. In PostgreSQL their rows are locked until the transaction ends.
func (t tables) have(ctx context.Context, tx *sql.Tx, server string, records []*record) (map[string]known, error) {
	if len(records) == 0 {
		return nil, nil
	}
	ids := make([]string, len(records))
	for i, rec := range records {
		ids[i] = rec.id
	}
	statement, list := "SELECT id, status, sum, print, gone FROM open311_request WHERE server = $1 AND id ", any(ids)
	if t.db.postgres() {
		statement += "= ANY($2) ORDER BY id FOR UPDATE"
	} else {
		statement += "IN (SELECT value FROM json_each($2))"
		text, err := json.Marshal(ids)
		if err != nil {
			return nil, err
		}
		list = string(text)
	}
	rows, err := tx.QueryContext(ctx, t.db.q(statement), server, list)
	if err != nil {
		return nil, err
	}
	have := make(map[string]known, len(records))
	for rows.Next() {
		var id string
		var k known
		var gone moment
		if err := rows.Scan(&id, &k.status, &k.sum, &k.print, &gone); err != nil {
			return nil, closing(rows, err)
		}
		k.gone = !gone.IsZero()
		have[id] = k
	}
	return have, closing(rows, nil)
}

// requestColumns and changeColumns are the tables of this sink.
var (
	requestColumns = columns{{"server", "text", true}, {"id", "text", false}, {"status", "text", false}, {"service_code", "text", false},
		{"service_name", "text", false}, {"requested", "timestamptz", false}, {"updated", "timestamptz", false}, {"lat", "float8", false},
		{"long", "float8", false}, {"doc", "jsonb", false}, {"sum", "bigint", false}, {"print", "bigint", false},
		{"first_seen", "timestamptz", true}, {"last_seen", "timestamptz", true}}
	changeColumns = columns{{"server", "text", true}, {"id", "text", false}, {"kind", "text", false}, {"status", "text", false},
		{"previous", "text", false}, {"at", "timestamptz", false}, {"seen", "timestamptz", true}, {"doc", "jsonb", false}}
)

const updateRequest = `ON CONFLICT (server, id) DO UPDATE SET status = excluded.status, service_code = excluded.service_code,
	service_name = excluded.service_name, requested = excluded.requested, updated = excluded.updated, lat = excluded.lat,
	long = excluded.long, doc = excluded.doc, sum = excluded.sum, print = excluded.print, last_seen = excluded.last_seen, gone = NULL`

// insert puts records into the table that are not there, and returns the others. Most of a backfill are not there.
func (t tables) insert(ctx context.Context, tx *sql.Tx, b *Batch, records []*record) (there []*record, err error) {
	added, err := t.db.insertNew(ctx, tx, "open311_request", "server, id", requestColumns, t.rows(b, records))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(records, func(rec *record) bool { return added[rec.id] }), nil
}

func (t tables) rows(b *Batch, records []*record) [][]any {
	rows := make([][]any, 0, len(records))
	for _, rec := range records {
		var lat, long any
		if p := rec.r.Location; p != nil && p.Valid() {
			lat, long = p.Lat, p.Long
		}
		rows = append(rows, []any{b.Server, rec.id, storableText(string(rec.r.Status)), storableText(rec.r.ServiceCode), storableText(rec.r.ServiceName),
			t.db.at(rec.r.RequestedDatetime), t.db.at(rec.r.UpdatedDatetime), lat, long, string(rec.doc), rec.sum, rec.print, t.db.at(b.Seen), t.db.at(b.Seen)})
	}
	return rows
}

func (t tables) append(ctx context.Context, tx *sql.Tx, b *Batch, found []history) error {
	rows := make([][]any, 0, len(found))
	for _, h := range found {
		rows = append(rows, []any{b.Server, h.id, h.kind, storableText(h.status), storableText(h.previous), t.db.at(h.at), t.db.at(b.Seen), string(h.doc)})
	}
	return t.db.insert(ctx, tx, "open311_change", changeColumns, "", rows)
}
