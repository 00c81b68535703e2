package wire

import (
	"bytes"
	"strings"
)

// findPlace looks for a place among the fields that go to Extra, where it stays as well: a point of GeoJSON,
// {"lat":…,"long":…}, or POINT(long lat).
func (m *mapper) findPlace() (lat, long float64, ok bool) {
	for i := range m.extras {
		switch strings.ToLower(m.extras[i].name) {
		case "location", "geometry", "coordinates", "point", "position", "geo", "geom", "geo_point", "geolocation", "geopoint":
		default:
			continue
		}
		if lat, long, ok = m.placeIn(m.extras[i].node, 0); ok && isOnEarth(lat, long) {
			return lat, long, true
		}
	}
	return 0, 0, false
}

func isOnEarth(lat, long float64) bool {
	return lat >= -90 && lat <= 90 && long >= -180 && long <= 180
}

// placeIn reads nodes[n] as a place.
func (m *mapper) placeIn(n int32, depth int) (lat, long float64, ok bool) {
	s := m.s
	d := &s.nodes[n]
	if d.kind == Text {
		return placeFromText(trim(s.text(d)))
	}
	if d.kind != Object || depth > 3 {
		return 0, 0, false
	}
	var at [2]float64
	var has [2]bool
	point, pair := false, int32(0)
	for k := n + 1; k < d.next; k = s.nodes[k].next {
		name := strings.ToLower(string(s.name(&s.nodes[k])))
		axis := 0
		switch name {
		case "type":
			point = string(trim(s.text(&s.nodes[k]))) == "Point"
			continue
		case "coordinates":
			if pair = k; s.nodes[k].kind == List {
				continue
			}
			fallthrough
		case "value", "geometry", "point", "location":
			if lat, long, ok = m.placeIn(k, depth+1); ok {
				return lat, long, true
			}
			continue
		case "lat", "latitude", "y":
		case "long", "lon", "lng", "longitude", "x":
			axis = 1
		default:
			continue
		}
		if b, ok := m.scalar(k); ok {
			at[axis], has[axis] = parseNumber(b)
		}
	}
	if point && pair > 0 {
		return m.pairIn(pair)
	}
	return at[0], at[1], has[0] && has[1]
}

// pairIn reads the list nodes[n] as [long, lat], with a height behind it or not.
func (m *mapper) pairIn(n int32) (lat, long float64, ok bool) {
	s := m.s
	if s.nodes[n].next < n+3 || s.nodes[n].next > n+4 {
		return 0, 0, false
	}
	long, ok = parseNumber(trim(s.text(&s.nodes[n+1])))
	if !ok {
		return 0, 0, false
	}
	lat, ok = parseNumber(trim(s.text(&s.nodes[n+2])))
	return lat, long, ok
}

// placeFromText reads POINT(long lat), as databases write it.
func placeFromText(b []byte) (lat, long float64, ok bool) {
	if i := bytes.IndexByte(b, ';'); i >= 0 && bytes.HasPrefix(b, []byte("SRID=4326")) {
		b = b[i+1:]
	}
	if len(b) < 7 || !bytes.EqualFold(b[:5], []byte("POINT")) {
		return 0, 0, false
	}
	b = trim(b[5:])
	if len(b) < 2 || b[0] != '(' || b[len(b)-1] != ')' {
		return 0, 0, false
	}
	halves := bytes.Fields(b[1 : len(b)-1])
	if len(halves) != 2 {
		return 0, 0, false
	}
	if long, ok = parseNumber(halves[0]); !ok {
		return 0, 0, false
	}
	lat, ok = parseNumber(halves[1])
	return lat, long, ok
}

func parseNumber(b []byte) (float64, bool) {
	if len(b) == 0 {
		return 0, false
	}
	return parseFloat(b)
}
