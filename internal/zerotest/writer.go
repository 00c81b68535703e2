package zerotest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"
)

// A shape is what is long: the texts, or the lists and maps that are so deep in others.
type shape struct {
	name, text string
	depth      int
}

var shapes = []shape{
	{"texts", "Ää&#x41;%2525 <@a.example> =\u202e\"'\\u00e4, +49 30 1234-5 api_key=k\r\n", 0},
	{"commas", ",", 0},
	{"lists", "", 1},
	{"lists in lists", "", 2},
}

// A writer makes values of any type that are n bytes long, or some more.
type writer struct {
	shape
	n       int
	ctx     context.Context
	wrote   bool // something that is long
	count   int  // of short texts, which are all different
	readers []*strings.Reader
}

// A place is where a value stands.
type place struct{ depth, lists int }

func (w *writer) arguments(receiver reflect.Value, f reflect.Type) []reflect.Value {
	var args []reflect.Value
	for in := range f.Ins() {
		if in == reflect.TypeFor[[]byte]() && receiver.IsValid() {
			args = append(args, reflect.ValueOf(w.document(receiver.Interface())))
		} else {
			args = append(args, w.value(in, place{}))
		}
	}
	return args
}

// document is what a receiver reads that is like itself.
func (w *writer) document(like any) []byte {
	if text, err := json.Marshal(like); err == nil && len(text) > w.n/2 {
		return text
	}
	return w.quoted()
}

func (w *writer) quoted() []byte {
	text, err := json.Marshal(w.string())
	if err != nil {
		panic(err) // of a string
	}
	return text
}

// rewind lets readers be read again.
func (w *writer) rewind() {
	for _, r := range w.readers {
		r.Reset(w.string())
	}
}

func (w *writer) string() string {
	if w.depth > 0 {
		w.count++
		return fmt.Sprintf("a text of some length %07d", w.count)
	}
	w.wrote = true
	return strings.Repeat(w.text, w.n/len(w.text)+1)
}

// value makes one with something in all that it has.
func (w *writer) value(t reflect.Type, at place) reflect.Value {
	v := reflect.New(t).Elem()
	if at.depth++; at.depth > 9 {
		return v
	}
	switch t.Kind() {
	case reflect.String:
		v.SetString(w.string())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		v.Elem().Set(w.value(t.Elem(), at))
	case reflect.Struct:
		w.fields(v, at)
	case reflect.Slice:
		w.list(v, at)
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		for range w.length(&at) {
			v.SetMapIndex(w.value(t.Key(), at), w.value(t.Elem(), at))
		}
	case reflect.Interface:
		w.variable(v)
	}
	return v
}

// fields fills what others can fill. The types of other modules are left alone.
func (w *writer) fields(v reflect.Value, at place) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)))
	}
	if !strings.HasPrefix(v.Type().PkgPath(), "github.com/go-open311/") {
		return
	}
	for f, field := range v.Fields() {
		if f.IsExported() {
			field.Set(w.value(f.Type, at))
		}
	}
}

func (w *writer) list(v reflect.Value, at place) {
	switch of := v.Type().Elem(); {
	case v.Type() == reflect.TypeFor[json.RawMessage]():
		v.SetBytes(w.quoted())
	case of.Kind() == reflect.Uint8:
		v.SetBytes([]byte(w.string()))
	case of.Kind() == reflect.Func: // options; the tests make functions of them
	default:
		for range w.length(&at) {
			v.Set(reflect.Append(v, w.value(of, at)))
		}
	}
}

// length is that of a list, which is then one more that values stand in.
func (w *writer) length(at *place) int {
	if at.lists++; at.lists != w.depth {
		return 1
	}
	w.wrote = true
	return w.n/30 + 1
}

// variable fills what is an interface.
func (w *writer) variable(v reflect.Value) {
	var value any
	switch v.Type() {
	case reflect.TypeFor[context.Context]():
		value = w.ctx
	case reflect.TypeFor[error]():
		value = errors.New(w.string())
	case reflect.TypeFor[io.Writer]():
		value = io.Discard
	case reflect.TypeFor[io.Reader]():
		r := strings.NewReader(w.string())
		w.readers = append(w.readers, r)
		value = r
	case reflect.TypeFor[any]():
		value = new(any)
	default:
		return
	}
	v.Set(reflect.ValueOf(value))
}
