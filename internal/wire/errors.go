package wire

import (
	"errors"
	"fmt"
)

// What can be wrong with a document as a whole.
var (
	ErrHTML   = errors.New("an HTML page, not data")
	ErrEmpty  = errors.New("an empty answer")
	ErrFormat = errors.New("neither JSON nor XML")
	ErrDepth  = fmt.Errorf("nested deeper than %d levels", maxDepth)
	ErrRecord = fmt.Errorf("a record of more than %d MiB", maxRecord>>20)
	ErrValues = fmt.Errorf("a record of more than %d values", maxNodes)
	ErrCut    = errors.New("the document ends in the middle")
	ErrList   = errors.New("no such list in it")
)

// SizeError says that a document is larger than Options.MaxBytes.
type SizeError struct {
	Max      int64
	InMemory bool // … than that once it is read
}

func (e *SizeError) Error() string {
	if e.InMemory {
		return fmt.Sprintf("an answer that takes more than %d bytes of memory, the limit set by WithMaxResponse", e.Max)
	}
	return fmt.Sprintf("an answer of more than %d bytes, the limit set by WithMaxResponse", e.Max)
}

// Error is a document that cannot be read any further.
type Error struct {
	Format  Format
	Path    string // the record being read
	Offset  int64  // in the UTF-8 text
	Snippet string // what stands there
	Cut     bool   // the input ended, or broke off, too early: asking again may help
	Err     error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Path, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// EncodingError is a document whose bytes are encoded in a way that is not known here. Asking again
// does not help.
type EncodingError struct {
	What string // "charset" or "Content-Encoding"
	Name string
	Hint string // what to do
}

func (e *EncodingError) Error() string {
	return fmt.Sprintf("the %s %q is not known here; %s", e.What, e.Name, e.Hint)
}
