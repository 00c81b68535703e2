package open311_test

import (
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/zerotest"
)

// zeros are all exported types that have methods, by their zero values.
var zeros = []any{
	open311.APIError{}, open311.Attribute{}, open311.Attributes{}, open311.Box{}, open311.Change{}, open311.Checkpoint{}, open311.CheckpointFile{}, open311.Circle{}, open311.Client{},
	open311.DecodeError{}, open311.Discovery{}, open311.DiscoveryClient{}, open311.Extra{}, open311.Fault{}, open311.Feed{}, open311.Filing{},
	open311.Format(0), open311.Gap{}, open311.Learned{}, open311.Media{}, open311.NewRequest{}, open311.NewUpdate{},
	open311.Page{}, open311.Point{}, open311.Query{}, open311.Receipt{}, open311.RequestClient{}, open311.Service{}, open311.ServiceClient{},
	open311.ServiceDefinition{}, open311.ServiceRequest{}, open311.Status(""), open311.TruncatedError{}, open311.UnknownOutcomeError{},
	open311.Update{}, open311.UpdateClient{}, open311.UpdateReceipt{}, open311.ValidationError{}, open311.Warning{},
}

// TestZeroValues: none panics. What sets an attribute writes to the map that is its receiver, which has to be made first,
// as with http.Header and url.Values: an attribute that was lost in silence would be worse than a panic.
func TestZeroValues(t *testing.T) {
	zerotest.Run(t, zeros, "Attributes.Set", "Attributes.SetNumber", "Attributes.SetTime")
	zerotest.Funcs(t, map[string]any{
		"New": open311.New, "Discover": open311.Discover, "Dialects": open311.Dialects,
		"FileCheckpoint": open311.FileCheckpoint, "FileOutbox": open311.FileOutbox,
	}, "With", "Call") // options, which New and the calls check
}
