package listing

import (
	"context"
	"errors"
	"testing"
	"time"
)

// refusing is a source that fails for good from a call on.
type refusing struct {
	*plain
	from int
}

func (f refusing) Open(ctx context.Context, s *Slice) (Rows, error) {
	if f.calls+1 >= f.from {
		return nil, errors.New("too many calls")
	}
	return f.plain.Open(ctx, s)
}

// TestFaultOfAnEmptyCity: whichever call of the listing of a city without requests fails, nothing is learned of its dates.
func TestFaultOfAnEmptyCity(t *testing.T) {
	for of, q := range map[string]Query{"all": {}, "since": {Start: time.Now().AddDate(0, -3, 0)}} {
		ended := false
		for from := 1; !ended; from++ {
			s, shared := refusing{newPlain(0, 20, true, false, true), from}, &Beliefs{}
			ended = New(s, q, Traits{}, shared).Run(t.Context()) == nil && s.calls+1 < from
			if b := shared.Load(); b.Bounds != nil {
				t.Errorf("%s, call %d fails: %+v", of, from, b.Bounds)
			}
		}
	}
}
