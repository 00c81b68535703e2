package wire

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Encode turns a record into a Value called t.Item (or t.Root if there is none) with every field
// of the table, absent ones as Null, and then what Extra holds, in the order of its names.
func (t *Table[T]) Encode(src *T) Value { return t.encode(src, true) }

// EncodeSet is Encode without the fields that are zero.
func (t *Table[T]) EncodeSet(src *T) Value { return t.encode(src, false) }

func (t *Table[T]) encode(src *T, all bool) Value {
	t.ready()
	v := Value{Name: t.Item, Kind: Object, Kids: make([]Value, 0, len(t.rows)+4)}
	if v.Name == "" {
		v.Name = t.Root
	}
	lat, long, placed := 0.0, 0.0, false
	if t.Place != nil {
		lat, long, placed = t.Place(src)
	}
	for i := range t.rows {
		f := &t.rows[i]
		switch f.shape {
		case shapeLat, shapeLong:
			k := Value{Name: f.name}
			if placed {
				k.Kind, k.Text = Number, FormatCoordinate(lat)
				if f.shape == shapeLong {
					k.Text = FormatCoordinate(long)
				}
			}
			if all || placed {
				v.Kids = append(v.Kids, k)
			}
		default:
			if k := f.encode(src, all); all || !f.zero(k) {
				v.Kids = append(v.Kids, k)
			}
		}
	}
	if t.Extra == nil {
		return v
	}
	extra := *t.Extra(src)
	names := make([]string, 0, len(extra))
	for name := range extra {
		names = append(names, name)
	}
	slices.Sort(names)
	fields := Value{Kids: v.Kids} // those of the table; what Extra holds has names of its own
	for _, name := range names {
		k := ParseJSON(extra[name])
		k.Name = name
		if known := fields.Field(name); known != nil {
			// A misfit that Extra kept whole, such as a list of URLs: it says more than the field does.
			*known = k
			continue
		}
		v.Kids = append(v.Kids, k)
	}
	return v
}

// zero reports whether v is the zero value of the field.
func (f *Field[T]) zero(v Value) bool {
	return v.Kind == Null || v.Kind == Bool && v.Text == "false" || v.Kind == Number && v.Text == "0"
}

func (f *Field[T]) encode(src *T, all bool) Value {
	v := Value{Name: f.name}
	switch f.shape {
	case shapeText, shapeID, shapeLink:
		if s := *f.text(src); s != "" {
			v.Kind, v.Text = Text, s
		}
	case shapeBool:
		v.Kind, v.Text = Bool, strconv.FormatBool(*f.flag(src))
	case shapeInt:
		v.Kind, v.Text = Number, strconv.Itoa(*f.num(src))
	case shapeTime:
		if t := *f.time(src); !t.IsZero() {
			v.Kind, v.Text = Text, FormatTime(t)
		}
	case shapeCSV:
		if w := *f.words(src); len(w) > 0 {
			v.Kind, v.Text = Text, strings.Join(w, ",")
		}
	case shapeWords:
		w := *f.words(src)
		switch {
		case len(w) == 1 && f.plural != "":
			v.Kind, v.Text = Text, w[0]
		case len(w) > 0:
			v.Kind, v.Kids = List, textItems(w, f.item)
			if f.plural != "" {
				v.Name = f.plural
			}
		}
	case shapeList:
		if !f.list.empty(src) {
			v.Kind, v.Kids = List, f.list.encode(src, f.item, all)
		}
	}
	return v
}

func textItems(words []string, item string) []Value {
	var kids []Value
	for _, w := range words {
		kids = append(kids, Value{Name: item, Kind: Text, Text: w})
	}
	return kids
}

// FormatTime writes t as the specification wants it: RFC 3339, with a zone, without fractions.
func FormatTime(t time.Time) string {
	return t.Format(time.RFC3339)
}

// FormatCoordinate writes degrees without an exponent, which some servers cannot read, and with as
// many digits as it takes to read the same number back.
func FormatCoordinate(deg float64) string {
	return strconv.FormatFloat(deg, 'f', -1, 64)
}

// Document puts records of one table into the root that the specification gives them and writes
// the whole in the given format.
func (t *Table[T]) Document(format Format, records []Value) []byte {
	lone := t.Item == "" && len(records) == 1
	if format == XML {
		dst := append([]byte(nil), Header...)
		if lone {
			return AppendXML(dst, records[0])
		}
		return AppendXML(dst, Value{Name: t.Root, Kind: List, Kids: records})
	}
	if lone {
		return AppendJSON(nil, records[0])
	}
	return AppendJSON(nil, Value{Kind: List, Kids: records})
}
