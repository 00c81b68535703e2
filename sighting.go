package open311

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"

	"github.com/go-open311/open311/internal/feed"
	"github.com/go-open311/open311/internal/spelling"
)

// sighting says of a request what a feed compares.
func sighting(r *ServiceRequest) feed.Sighting {
	s := feed.Sighting{Key: identity(r), Status: shortStatus(r.Status), Requested: r.RequestedDatetime, Updated: r.UpdatedDatetime,
		Record: (*sighted)(r), Size: r.size()}
	s.Sum, s.Text = contentSums(r)
	return s
}

// sighted is a request as a feed holds it.
type sighted ServiceRequest

// Aliases returns what the request may have been known by while it had no id.
func (s *sighted) Aliases() [2]string {
	r := (*ServiceRequest)(s)
	return [2]string{tokenKey(r), contentKey(r)}
}

// identity is what a request is known by: its id, else its token, else what was reported, where and when.
// Boston, Chicago and San Francisco have rows without id.
func identity(r *ServiceRequest) string {
	switch {
	case len(r.ID) > maxKey:
		return feed.Nameless + "i" + sumOf(r.ID)
	case r.ID != "":
		return r.ID
	case r.Token != "":
		return tokenKey(r)
	}
	return contentKey(r)
}

// maxKey is above the length of all ids. A feed remembers what is longer by its hash: it keeps each id in memory.
const maxKey = 1 << 10

func tokenKey(r *ServiceRequest) string {
	if len(r.Token) > maxKey {
		return feed.Nameless + "t" + sumOf(r.Token)
	}
	return feed.Nameless + "t" + r.Token
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// contentKey identifies a request by what does not change in its life.
func contentKey(r *ServiceRequest) string {
	h := feed.NewHash()
	h.Text(r.ServiceCode)
	h.Text(r.Address)
	h.Text(strings.TrimSpace(r.Description))
	h.Number(uint64(feed.UnixSeconds(r.RequestedDatetime)))
	hashPlace(&h, r.Location)
	return feed.Nameless + "c" + hex.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(h)))
}

// contentSums are hashes of what a change is about, besides the state and updated_datetime. The first is of
// what every answer has, the second of what some servers cut short or leave out in lists. Extra is in
// neither: it holds counters of votes and views.
func contentSums(r *ServiceRequest) (sum, text uint32) {
	h := feed.NewHash()
	h.Text(strings.TrimSpace(r.StatusNotes))
	h.Text(r.ServiceCode)
	h.Number(uint64(feed.UnixSeconds(r.RequestedDatetime)))
	sum = h.Sum32()
	h = feed.NewHash()
	media, _, _ := strings.Cut(r.MediaURL, "?") // signatures expire
	for _, s := range []string{r.Description, r.AgencyResponsible, r.Address, media} {
		h.Text(strings.TrimSpace(s))
	}
	h.Number(uint64(feed.UnixSeconds(r.ExpectedDatetime)))
	hashPlace(&h, r.Location)
	return sum, h.Sum32()
}

func hashPlace(h *feed.Hash, p *Point) {
	if p == nil {
		h.Number(math.MaxUint64)
		return
	}
	// About ten metres: some servers blur places, or print more or fewer digits from one answer to the next.
	h.Number(uint64(int64(math.Round(p.Lat * 1e4))))
	h.Number(uint64(int64(math.Round(p.Long * 1e4))))
}

// stateWord spells a state without case and blanks, and reports whether it means that nothing more is to be
// done.
func stateWord(state string) (word string, closed bool) {
	switch state { // nearly all of them
	case "open":
		return state, false
	case "closed":
		return state, true
	}
	word = spelling.Fold(state[:min(len(state), maxStatus)])
	return word, spelling.IsClosed(word)
}

// maxStatus is above the length of all words for a state. Of what is longer the beginning is looked at, and remembered.
const maxStatus = 256

// shortStatus returns a state that does not hold on to the text of its record.
func shortStatus(s Status) string {
	switch s {
	case StatusOpen:
		return string(StatusOpen)
	case StatusClosed:
		return string(StatusClosed)
	}
	if len(s) > maxStatus {
		s = Status(strings.ToValidUTF8(string(s[:maxStatus]), ""))
	}
	return strings.Clone(string(s))
}
