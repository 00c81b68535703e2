package open311

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
