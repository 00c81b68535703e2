package wire

import (
	"encoding/json"
	"reflect"
	"sync"
	"time"
)

// Shape is how a field's value is read and written.
type Shape uint8

// The shapes of fields.
const (
	shapeText  Shape = iota // *string
	shapeID                 // *string; numbers keep their digits, written as text
	shapeLink               // *string; of several, the first
	shapeBool               // *bool
	shapeInt                // *int
	shapeTime               // *time.Time
	shapeLat                // half of a place
	shapeLong               // the other half
	shapeWords              // *[]string from a list or from one text
	shapeCSV                // *[]string from a list or from a comma-separated text
	shapeList               // *[]E, by a table of its own
)

// Field is one row of a [Table]: a name, other names that servers use for it, and where its
// value goes.
type Field[T any] struct {
	name    string
	aliases []string
	item    string // XML element name of a list's items
	plural  string // name of the field when it has several values; "": it is always a list
	shape   Shape
	repeats bool // few distinct values in a listing: worth interning

	text  func(*T) *string
	flag  func(*T) *bool
	num   func(*T) *int
	time  func(*T) *time.Time
	words func(*T) *[]string
	list  subTable[T]
}

// subTable reads and writes a list of records inside a record.
type subTable[T any] interface {
	decode(m *mapper, n int32, dst *T, path string)
	encode(src *T, item string, all bool) []Value
	empty(src *T) bool
}

// String is a field that holds text. Lists and objects give their scalars, joined.
func String[T any](name string, get func(*T) *string, aliases ...string) Field[T] {
	return Field[T]{name: name, aliases: aliases, shape: shapeText, text: get}
}

// ID is a field that identifies something: a number in JSON keeps its digits.
func ID[T any](name string, get func(*T) *string, aliases ...string) Field[T] {
	return Field[T]{name: name, aliases: aliases, shape: shapeID, text: get}
}

// Link is a text field of which the first is taken when there are several.
func Link[T any](name string, get func(*T) *string, aliases ...string) Field[T] {
	return Field[T]{name: name, aliases: aliases, shape: shapeLink, text: get}
}

// Flag is a boolean field.
func Flag[T any](name string, get func(*T) *bool, aliases ...string) Field[T] {
	return Field[T]{name: name, aliases: aliases, shape: shapeBool, flag: get}
}

// Int is a whole number.
func Int[T any](name string, get func(*T) *int, aliases ...string) Field[T] {
	return Field[T]{name: name, aliases: aliases, shape: shapeInt, num: get}
}

// Time is a point in time. The zero time is an absent one.
func Time[T any](name string, get func(*T) *time.Time, aliases ...string) Field[T] {
	return Field[T]{name: name, aliases: aliases, shape: shapeTime, time: get}
}

// Lat and Long are the halves of the record's place; [Table.Place] says where it goes.
func Lat[T any](name string, aliases ...string) Field[T] {
	return Field[T]{name: name, aliases: aliases, shape: shapeLat}
}

// Long is the longitude; see [Lat].
func Long[T any](name string, aliases ...string) Field[T] {
	return Field[T]{name: name, aliases: aliases, shape: shapeLong}
}

// Words is a list of texts, written as a list of items.
func Words[T any](name, item string, get func(*T) *[]string, aliases ...string) Field[T] {
	return Field[T]{name: name, item: item, aliases: aliases, shape: shapeWords, words: get}
}

// CSV is a list of texts that the specification sends as one comma-separated text.
func CSV[T any](name string, get func(*T) *[]string, aliases ...string) Field[T] {
	return Field[T]{name: name, aliases: aliases, shape: shapeCSV, words: get}
}

// Repeats marks a text field that has few distinct values in a listing, such as a status; its
// values are then shared between records.
func (f Field[T]) Repeats() Field[T] {
	f.repeats = true
	return f
}

// Plural is for a field that is one text in the specification and that some servers send several of:
// one is written as a text, several as a list called name.
func (f Field[T]) Plural(name string) Field[T] {
	f.plural = name
	return f
}

// Table says how one Go type is read and written. It never changes.
type Table[T any] struct {
	Root string // XML root of a list, or of a lone record: "service_requests", "discovery"
	Item string // XML element of one record in a list; "" if there is only ever one
	// Roots are other names that servers give the root or the item.
	Roots []string
	// Identity names the fields that make a record. An object with none of them is something else: a
	// status, a description or a code is in errors and envelopes as well.
	Identity []string
	// Key names the fields of which one is in nearly every real record and in nothing else: an id. An
	// object with a key is a record, whatever else the document holds.
	Key []string
	// KeepEmpty keeps records in which everything is absent: a receipt of a blackbox service says
	// nothing, and that is an answer.
	KeepEmpty bool
	// Lone takes a record that is a bare scalar, not an object: the items of ["red","green"], or of
	// the receipt [[5]]. It reports whether it made sense of the text. nil if there is no such thing.
	Lone func(*T, string) bool
	// Pair takes a record that is a name and a text in an object, as in {"N":"North"}; or nil.
	Pair func(t *T, name, text string)
	// Instead returns the name that a field has in place of the one that was sent, where that depends on
	// what else there is in the record; nil if it never does.
	Instead func(name string, has func(string) bool) string

	// Fields makes the rows, when the table is used for the first time: a program that starts pays for none.
	Fields func() []Field[T]
	Extra  func(*T) *map[string]json.RawMessage
	// SetPlace stores a place, or clears it when ok is false. Place returns it.
	SetPlace func(t *T, lat, long float64, ok bool)
	Place    func(t *T) (lat, long float64, ok bool)

	once sync.Once
	rows []Field[T]
	core *dictionary
	size int       // what a T takes in a list, in bytes
	pool sync.Pool // of *reader
}

// ready makes the table if that has not been done. Whatever needs the rows begins with it.
func (t *Table[T]) ready() { t.once.Do(t.complete) }

func (t *Table[T]) complete() {
	t.rows = t.Fields()
	dict := make(map[string]int16, 2*len(t.rows)) // name → index in rows, or aliasOf it
	for i, f := range t.rows {
		for _, a := range f.aliases {
			dict[a] = aliasOf(i)
		}
	}
	for i, f := range t.rows {
		dict[f.name] = int16(i)
	}
	t.core = newDictionary(t.Root, t.Item, t.Roots, t.Identity, t.Key, dict)
	t.core.keepEmpty = t.KeepEmpty
	t.size = itemCost(int(reflect.TypeFor[T]().Size()))
	for i, f := range t.rows {
		if f.shape == shapeID {
			t.core.ids |= rowBit(int16(i))
		}
	}
}

// tables are those that are registered, each a *Table[T]. They are few.
var tables []any

// Register keeps a table for [TableOf]. It is called once for each type, while the package that owns the type is
// initialised.
func Register[T any](t *Table[T]) *Table[T] {
	tables = append(tables, t)
	return t
}

// TableOf returns the table of T that the package which owns T has registered. It panics if there
// is none: the packages of this module know each other's types.
func TableOf[T any]() *Table[T] {
	for _, table := range tables {
		if t, ok := table.(*Table[T]); ok {
			return t
		}
	}
	panic("wire: no table for " + reflect.TypeFor[T]().String())
}
