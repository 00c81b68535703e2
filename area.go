package open311

import "math"

// earthRadius is the mean radius of the Earth in metres.
const earthRadius = 6371008.8

// Contains reports whether p lies in the circle, on a spherical Earth: right to half a per cent.
func (c Circle) Contains(p Point) bool {
	return p.Valid() && distance(c.Center, p) <= c.Radius
}

// Contains reports whether p lies in the box, its edges included. A box whose west side has the greater
// longitude spans the meridian of 180 degrees.
func (b Box) Contains(p Point) bool {
	if !p.Valid() || p.Lat < b.Min.Lat || p.Lat > b.Max.Lat {
		return false
	}
	if b.Min.Long > b.Max.Long {
		return p.Long >= b.Min.Long || p.Long <= b.Max.Long
	}
	return p.Long >= b.Min.Long && p.Long <= b.Max.Long
}

// distance is the length of the great circle between two places, in metres (haversine formula).
func distance(a, b Point) float64 {
	rad := func(deg float64) float64 { return deg * math.Pi / 180 }
	half := func(x float64) float64 { s := math.Sin(x / 2); return s * s }
	h := half(rad(b.Lat-a.Lat)) + math.Cos(rad(a.Lat))*math.Cos(rad(b.Lat))*half(rad(b.Long-a.Long))
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}

// scope is what a feed is about, as far as it can be checked on this side.
type scope struct {
	filter
	near   *Circle
	within *Box
}

func newScope(q *Query, d *Dialect) scope {
	s := scope{filter: newFilter(q, d), near: q.Near, within: q.Within}
	s.statuses = nil // a request that leaves a state has to be seen to leave it
	return s
}

// has reports whether r is what the query asks for. A request that does not say where it is lies in no
// area.
func (s *scope) has(r *ServiceRequest) bool {
	if (s.near != nil || s.within != nil) && r.Location == nil {
		return false
	}
	return s.keeps(r) && (s.near == nil || s.near.Contains(*r.Location)) && (s.within == nil || s.within.Contains(*r.Location))
}

// knowsArea reports whether the dialect says that the server looks at the parameters of an area. The
// specification has none, servers ignore or refuse them, and they do not agree about the order of the
// numbers in bbox: a feed that asked without knowing might wait for ever for a list that stays empty.
func knowsArea(d *Dialect, names ...string) bool {
	for _, name := range names {
		if !d.sends(name) {
			return false
		}
	}
	return d.Accepts != nil || d.BoxOrder != "" && names[0] == "bbox"
}
