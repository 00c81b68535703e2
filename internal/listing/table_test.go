package listing

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pairs returns every pair of lies, each with the rest as it should be.
func pairs() (out []city) {
	normal := city{}
	for _, a := range axes {
		normal[a.name] = a.values[0]
	}
	out = append(out, normal)
	for i, a := range axes {
		for _, v := range a.values[1:] {
			one := maps.Clone(normal)
			one[a.name] = v
			out = append(out, one)
			for _, b := range axes[i+1:] {
				for _, w := range b.values[1:] {
					two := maps.Clone(one)
					two[b.name] = w
					out = append(out, two)
				}
			}
		}
	}
	return out
}

// random returns a city that lies in some ways.
func random(rng *rand.Rand) city {
	c := city{}
	for _, a := range axes {
		c[a.name] = a.values[0]
		if rng.IntN(10) < 3 {
			c[a.name] = a.values[rng.IntN(len(a.values))]
		}
		switch {
		case a.name == "cap" && rng.IntN(12) == 0:
			c["cap"] = strconv.Itoa(1 + rng.IntN(1100))
		case a.name == "when":
			c["when"] = strconv.Itoa(1 + rng.IntN(40))
		case a.name == "rows" && num(c["cap"]) > 200:
			c["rows"] = "1.5"
		}
	}
	return c
}

// shrink returns the city with the fewest lies that still breaks the invariant.
func shrink(c city, seed uint64, what string) city {
	for again := true; again; {
		again = false
		for _, a := range axes {
			if c[a.name] == a.values[0] {
				continue
			}
			less := maps.Clone(c)
			less[a.name] = a.values[0]
			if _, still := judge(less, seed, 0, nil).broken[what]; still {
				c, again = less, true
			}
		}
	}
	return c
}

// tally counts what came of many cities.
type tally struct {
	cities, bad  int
	counts       map[string]int
	examples     map[string][]string
	rows, wanted int
}

// add lists a city.
func (y *tally) add(c city, seed uint64, show int) {
	v := judge(c, seed, 0, nil)
	y.cities++
	bad := false
	for what := range v.broken {
		y.counts[what]++
		if slices.Contains(severe, what) {
			bad = true
			if len(y.examples[what]) < show {
				least := shrink(c, seed, what)
				again := judge(least, seed, 0, nil)
				y.examples[what] = append(y.examples[what], fmt.Sprintf("seed %d: %v: %s", seed, least, again.broken[what]))
			}
		}
	}
	if bad {
		y.bad++
	}
	y.rows, y.wanted = y.rows+v.rows, y.wanted+v.wanted
}

func (y *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d cities, %d in order", y.cities, y.cities-y.bad)
	for _, what := range slices.SortedFunc(maps.Keys(y.counts), func(a, b string) int { return cmp.Compare(y.counts[b], y.counts[a]) }) {
		fmt.Fprintf(&b, "\n%6d %s", y.counts[what], what)
		for _, e := range y.examples[what] {
			fmt.Fprintf(&b, "\n         %s", e)
		}
	}
	fmt.Fprintf(&b, "\n%d of %d rows", y.rows, y.wanted)
	return b.String()
}

// examples is how many cities are named for each invariant that is broken: OPEN311_PROOF_SHOW.
func examples() int {
	n, _ := strconv.Atoi(os.Getenv("OPEN311_PROOF_SHOW"))
	return max(n, 8)
}

// report logs what came of the cities, and fails for what must not be at all.
func (y *tally) report(t *testing.T) {
	t.Helper()
	t.Log(y.String())
	for _, what := range []string{silent, outside, doubled, foreign, thrice} {
		if n := y.counts[what]; n > 0 {
			t.Errorf("%d cities: %s", n, what)
		}
	}
}

// TestPairs lists every city that lies in one or two ways.
func TestPairs(t *testing.T) {
	y := tally{counts: map[string]int{}, examples: map[string][]string{}}
	for i, c := range pairs() {
		inItsTime(t, uint64(i), func() { y.add(c, uint64(i), examples()) })
	}
	y.report(t)
}

// TestRandom lists random cities: OPEN311_LISTING_CITIES says how many, and OPEN311_LISTING_FROM the seed of the first.
func TestRandom(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("OPEN311_LISTING_CITIES"))
	from, _ := strconv.ParseUint(os.Getenv("OPEN311_LISTING_FROM"), 10, 64)
	y := tally{counts: map[string]int{}, examples: map[string][]string{}}
	for i := range uint64(max(n, 500)) {
		i += from
		c := random(rand.New(rand.NewPCG(i, 2)))
		inItsTime(t, i, func() { y.add(c, i, examples()) })
	}
	y.report(t)
}

// TestOne traces one city: OPEN311_LISTING_CITY="seed axis=value …".
func TestOne(t *testing.T) {
	text := strings.Fields(os.Getenv("OPEN311_LISTING_CITY"))
	if len(text) == 0 {
		t.Skip("no city is named")
	}
	c := pairs()[0]
	seed, _ := strconv.ParseUint(text[0], 10, 64)
	for _, lie := range text[1:] {
		name, value, _ := strings.Cut(lie, "=")
		c[name] = value
	}
	inItsTime(t, seed, func() {
		v := judge(c, seed, 0, os.Stderr)
		t.Log(v.broken, v.calls, v.least)
	})
}

// TestEmptyHours lists a city that gives next to nothing, and of which it was believed that it answers for an hour at most:
// years of empty hours are not asked for.
func TestEmptyHours(t *testing.T) {
	const seed = 795_995
	inItsTime(t, seed, func() {
		if v := judge(random(rand.New(rand.NewPCG(seed, 2))), seed, 0, nil); v.calls > 1_000 {
			t.Errorf("%d calls", v.calls)
		}
	})
}

// TestMended lists random cities of which earlier engines have lost requests without an error, by their seeds.
func TestMended(t *testing.T) {
	for _, m := range []struct {
		why   string
		seeds []uint64
	}{
		{"one of the dates is ignored, and lists without dates show a window of the server's own", []uint64{848, 2408, 6588, 9656}},
		{"one row at a time, and several of one second", []uint64{8191, 8396}},
		{"one of the dates is ignored, and pages end at a depth", []uint64{7352}},
		{"dates are ignored, sizes are clamped late, and a page comes for an answer", []uint64{8509}},
		{"a cache gives the answer to another call", []uint64{24069, 32631}},
		{"lists show a window of the server's own unless they are asked for by a start, and larger pages are given", []uint64{36142, 99566}},
		{"lists show a window of the server's own, in which is nothing, unless they are asked for by an end", []uint64{80797}},
		{"few requests, and lists that show a window of the server's own for codes of which nothing is in it", []uint64{82751}},
		{"one state has few requests, all of one second", []uint64{23692}},
		{"a state that lists leave out has come for one second only", []uint64{62165}},
		{"bounds are read by the day, and a full day has rows that come twice", []uint64{49589}},
		{"links of a full second lead back, and say that it goes on", []uint64{28807}},
		{"long spans are cut, and what is asked for after an empty one lies in what is left out", []uint64{59142, 300627}},
		{"an answer that is empty once comes for the page where rows without a date stand", []uint64{84468}},
		{"requests of one state are further apart than those of all", []uint64{90247}},
		{"start means end, and the server fails for what is newest", []uint64{4639, 302285}},
		{"bounds are read in another zone, and nothing shows how", []uint64{20023, 52187}},
		{"bounds are read as the midnight before, and full days are given up", []uint64{39738, 98048}},
		{"a start alone is ignored, and the list without dates is empty", []uint64{40815}},
		{"a list is in no order, which its first page does not show", []uint64{200406}},
		{"lists with a start have more than those without, and their pages end at a depth", []uint64{210236, 213755}},
		{"lists with a start begin like those without, and go on by links", []uint64{302183}},
		{"requests arrive while it is found out how pages are counted", []uint64{323841, 714854, 779636, 919931}},
		{"one fault hides that the end of a list can be had by pages, or by a larger one", []uint64{722432, 753201, 770900, 949762, 959462}},
		{"the pages of a full second end at a depth, and each page is full", []uint64{718499, 754156, 911189, 951679, 974410}},
		{"all that is known is of one second, of which the server gives as many as of any", []uint64{730787, 931648, 933218}},
		{"a start alone is heeded, and long spans are cut", []uint64{758241, 793504}},
		{"what another question has brought stands behind the end of a list", []uint64{974381}},
		{"the server fails for what was asked, and nothing comes of anything else", []uint64{715702, 728901}},
		{"a start of long ago is not answered for, ends are ignored, and lists without dates show a window of the server's own", []uint64{92664, 724181, 948606, 957390, 962447}},
		{"an end is ignored, starts are cut, and the list without dates has more", []uint64{725427}},
		{"a full day has more than comes at once, and nothing shows its first requests", []uint64{8954, 710040, 729402, 965170}},
		{"ends are read earlier, in another zone, and the newest are not the first", []uint64{703411}},
		{"what arrives is all that comes of a code whose requests are hidden", []uint64{984869}},
		{"a state that is hidden has requests that do not fit", []uint64{724211}},
		{"a start without an end is cut, and the first question for a state had no answer", []uint64{738990}},
		{"a full second is all that is known, and the list without dates has what has arrived", []uint64{1234555}},
		{"a cache gives the list of all for one of a state, which fails else", []uint64{40312}},
		{"the second page fails, and the first one does not", []uint64{944313}},
		{"so many requests arrive that they fill the pages by which it is found out how these are asked for", []uint64{3004757, 5055040, 8067936, 12021139, 12034767, 12034961, 15089030}},
		{"a start alone is ignored, so that its answers show nothing of spans", []uint64{5099703, 8082961}},
		{"spans are cut or refused, and the second look at a state or a code was a long one", []uint64{3071315, 3087339, 5090368, 8028327, 8028497}},
		{"lists with a start are read to their end, and begin like those without", []uint64{3038789, 8003355}},
		{"the first link of a list fails", []uint64{3046919}},
		{"a cache gives an answer again that had come twice", []uint64{3062512}},
		{"a fault hides the second page of a list that goes on by offsets", []uint64{8009405}},
		{"what a state has at one moment says nothing of the others", []uint64{15069077}},
		{"ends are ignored, starts are cut, and the list without dates has more between its rows", []uint64{8079357}},
		{"long spans are answered with nothing", []uint64{15001055}},
		{"start means end, and the server fails for the list of all", []uint64{12069988, 15050042, 25053146, 25088133}},
		{"a list with an end goes on by links, and begins like that of all", []uint64{15005998, 15056697, 25090234}},
		{"the clock ticks: start means end, and all that comes for that has just arrived", []uint64{11886, 16472, 30019722}},
		{"the same two requests have come again and again in the same order, which is no order", []uint64{30003993}},
		{"the list of all lacks one request of a second, and has another of it", []uint64{30034834}},
		{"the server fails for a request older than all that was looked at", []uint64{30048118}},
		{"a hidden state fills the list with what is newer than the query", []uint64{60008840}},
		{"pages are cut late, and have rows that come twice", []uint64{60049334}},
		{"beyond some depth the last page comes again, pushed on by what arrives", []uint64{61026359}},
		{"a list had nothing older, and a hidden state has, behind a fault", []uint64{60009407, 61027521}},
		{"starts of long ago are refused or not answered for, ends are ignored, and lists without dates show a window", []uint64{70036892, 70048526, 71032461, 71035414}},
		{"the server fails for pages of one state of a second", []uint64{90049362}},
		{"a cache gives the page before for one that fails", []uint64{95091134}},
		{"as many requests arrive as a page has, and the second page is the first one", []uint64{95054981}},
		{"one start without an end has no answer, once, and long spans have none", []uint64{71048254}},
		{"requests without a date are behind as many as were asked for", []uint64{71022156}},
		{"the pages of all end at a depth, and the oldest request is behind the list that ends with it", []uint64{60018938}},
	} {
		for _, seed := range m.seeds {
			c := random(rand.New(rand.NewPCG(seed, 2)))
			var v verdict
			inItsTime(t, seed, func() { v = judge(c, seed, 0, nil) })
			for _, what := range []string{silent, outside, doubled, foreign, thrice} {
				if how, broken := v.broken[what]; broken {
					t.Errorf("%s: seed %d, %v: %s: %s", m.why, seed, c, what, how)
				}
			}
		}
	}
}
