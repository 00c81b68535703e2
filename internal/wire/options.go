package wire

import (
	"io"
	"time"
)

// Options say how tolerant a reader is, and how much it takes. The zero value is a good default.
type Options struct {
	MaxBytes      int64          // of the document after decompression; 0: 64 MiB
	Location      *time.Location // of dates without zone; nil: UTC
	Relabel       *time.Location // of dates labelled Z or +00:00 that are local; nil: they are what they say
	Keep          bool           // the caller keeps all records: together they may take MaxBytes
	Lend          bool           // the caller is done with a record, but for its texts, before it reads the next one
	Strict        bool           // the first repair is an error
	Warn          func(Warning)  // hears of every repair; may be nil
	Complete      func()         // called once the document is: what follows is looked at, but not worth a wait; may be nil
	Label         string         // charset of the Content-Type, a hint
	CharsetReader func(label string, r io.Reader) (io.Reader, error)
	Hide          func([]byte) []byte // takes secrets out of what is going to be printed; may be nil
}

// What a document may ask of memory.
const (
	maxDepth        = 64       // how deep containers may nest
	maxNodes        = 1 << 20  // values of one record
	maxRecord       = 16 << 20 // bytes of one record
	maxMeta         = 16 << 10 // bytes of one field beside the list
	defaultMaxBytes = 64 << 20
	windowSize      = 64 << 10
)
