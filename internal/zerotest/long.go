package zerotest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/go-open311/open311/internal/cputime"
)

// Long holds what a package exports to what texts may cost: each function, each method of the values and their printing is
// measured with texts, and with lists, of growing length, if it takes any: as an argument or as a field of the receiver,
// however deep. Values are filled; pointers are to what was made, and stay as they are. The package in the current directory
// exports nothing else, but for what is in left, as Type.Method, a type or a function, and held by other tests. One shape of
// a method is left out as "Type.Method, shape".
func Long(t *testing.T, values []any, funcs map[string]any, left ...string) {
	t.Helper()
	cputime.Needs(t)
	types, functions := exported(t)
	for _, v := range values {
		typ := reflect.TypeOf(v)
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		delete(types, typ.Name())
		for m := range reflect.PointerTo(typ).Methods() {
			if name := typ.Name() + "." + m.Name; m.Name != "Format" && !slices.Contains(left, name) {
				linear(t, name, v, left, func(receiver reflect.Value) reflect.Value { return receiver.MethodByName(m.Name) })
			}
		}
		linear(t, typ.Name()+" printed", v, left, func(receiver reflect.Value) reflect.Value {
			return reflect.ValueOf(func() { _ = fmt.Sprintf("%v %+v %#v %s", receiver, receiver, receiver.Elem(), receiver.Elem()) })
		})
	}
	for name, f := range funcs {
		delete(functions, name)
		linear(t, name, nil, left, func(reflect.Value) reflect.Value { return reflect.ValueOf(f) })
	}
	for name := range functions {
		if !slices.Contains(left, name) {
			t.Errorf("no test measures what long texts cost in %s", name)
		}
	}
	for name := range types {
		if slices.Contains(left, name) {
			continue
		}
		t.Errorf("%s has methods, and no test measures what long texts cost in them", name)
	}
}

// linear measures a function with all that can be long in what it takes.
func linear(t *testing.T, name string, v any, left []string, function func(receiver reflect.Value) reflect.Value) {
	t.Helper()
	for _, s := range shapes {
		if slices.Contains(left, name+", "+s.name) {
			continue
		}
		prepare := func(n int) (call func(), long bool) {
			w := &writer{shape: s, n: n, ctx: t.Context()}
			receiver := reflect.ValueOf(v)
			if v != nil && receiver.Kind() != reflect.Pointer {
				receiver = reflect.New(receiver.Type())
				receiver.Elem().Set(w.value(receiver.Type().Elem(), place{}))
			}
			f := function(receiver)
			args := w.arguments(receiver, f.Type())
			return func() {
				w.rewind()
				if f.Type().IsVariadic() {
					use(f.CallSlice(args))
				} else {
					use(f.Call(args))
				}
			}, w.wrote
		}
		if _, long := prepare(1); long {
			t.Run(name+", "+s.name, func(t *testing.T) {
				cputime.Linear(t, 4000, func(n int) func() { call, _ := prepare(n); return call })
			})
		}
	}
}

// use asks for all that a function has returned: the text of an error, the values of an iterator.
func use(results []reflect.Value) {
	for _, out := range results {
		if err, ok := reflect.TypeAssert[error](out); ok && err != nil {
			_ = fmt.Sprintf("%v %+v", err, err)
		}
		switch {
		case out.Kind() != reflect.Func || out.IsNil():
		case out.Type().CanSeq2():
			for _, err := range out.Seq2() {
				use([]reflect.Value{err})
			}
		case out.Type().CanSeq():
			for range out.Seq() {
			}
		}
	}
}
