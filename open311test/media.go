package open311test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311"
)

// Filed is a report that the city has taken in, as it was understood.
type Filed struct {
	ID    string // of the request; "" while there is only a token, and for a blackbox service
	Token string // if one was given out
	At    time.Time
	// Request is the report. Its Params are the arguments that the specification does not know. Its Media
	// are not set: they are in Files.
	Request open311.NewRequest
	Files   []File // that came with it; of all but the latest 100 reports without their Data
}

const (
	maxFiled     = 100_000 // so that a server that runs for days does not grow
	maxFiledData = 100
)

// Filed returns the reports that the city has taken in, in order, the latest 100,000 at most. Those
// that were refused are not among them; see [Handler.Calls].
func (h *Handler) Filed() []Filed {
	h = h.made()
	h.store.settle(h.clock())
	h.store.mu.RLock()
	defer h.store.mu.RUnlock()
	list := slices.Clone(h.store.filed)
	for i := range list {
		f := &list[i]
		if t := h.store.tickets[f.Token]; t != nil {
			f.ID = t.id
		}
		f.Request.Attributes = maps.Clone(f.Request.Attributes)
		f.Request.Params = maps.Clone(f.Request.Params)
		f.Files = slices.Clone(f.Files)
	}
	return list
}

// note keeps a report for [Handler.Filed].
func (s *store) note(f *filing, receipt open311.Receipt, now time.Time) {
	n := open311.NewRequest{
		ServiceCode: f.code, AddressString: f.addressString, AddressID: f.addressID, Description: f.description,
		Email: f.email, FirstName: f.firstName, LastName: f.lastName, Phone: f.phone, DeviceID: f.deviceID,
		AccountID: f.accountID, MediaURL: f.sentURL, Params: f.others,
	}
	if f.location != nil {
		at := *f.location
		n.Location = &at
	}
	if len(f.attributes) > 0 {
		n.Attributes = f.attributes
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.filed) == maxFiled {
		s.filed = slices.Delete(s.filed, 0, maxFiled/10)
	}
	s.filed = append(s.filed, Filed{ID: receipt.ID, Token: receipt.Token, At: now, Request: n, Files: f.files})
	if i := len(s.filed) - 1 - maxFiledData; i >= 0 {
		for k := range s.filed[i].Files {
			s.filed[i].Files[k].Data = nil
		}
	}
}

// knownArguments are those of GeoReport v2, POST Service Request.
var knownArguments = []string{"api_key", "jurisdiction_id", "service_code", "lat", "long", "address_string", "address_id",
	"email", "device_id", "account_id", "first_name", "last_name", "phone", "description", "media_url"}

// others returns the arguments that the specification does not know.
func others(p url.Values) url.Values {
	var out url.Values
	for name, values := range p {
		if slices.Contains(knownArguments, name) || strings.HasPrefix(name, "attribute[") {
			continue
		}
		if out == nil {
			out = make(url.Values)
		}
		out[name] = values
	}
	return out
}
