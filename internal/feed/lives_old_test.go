package feed

import (
	"context"
	"time"
)

type State uint8

const (
	AnyState State = iota
	OpenOnly
	ClosedOnly
)

type Ask struct {
	From   time.Time
	State  State
	Strict bool
}

const Unreadable Fault = 0

type oldWall struct{ *town }

func (o oldWall) Requested(ctx context.Context, from time.Time, strict bool, see func(Sighting)) (Answer, error) {
	return o.town.Requested(ctx, Ask{From: from, Strict: strict}, func(s Sighting) bool { see(s); return true })
}
func (o oldWall) Updated(ctx context.Context, after time.Time, strict bool, see func(Sighting) bool) (Answer, error) {
	return o.town.Updated(ctx, Ask{From: after, Strict: strict}, see)
}
func (o oldWall) ByID(ctx context.Context, ids []string, see func(Sighting)) error {
	return o.town.ByID(ctx, ids, func(s Sighting) bool { see(s); return true })
}
