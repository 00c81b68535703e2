package listing

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
)

// ideas are what the engine does against a lie, with the lies that each was made for.
var ideas = []struct {
	name string
	off  off
	lies []string

	random uint64 // how many random cities with each lie, beside pairs
}{
	{"control of each answer", offControl, []string{"bounds=swapped"}, 20},
	{"reach of a long span", offReach, []string{"span=cutold"}, 20},
	{"start taken for end", offSwap, []string{"bounds=swapped"}, 20},
	{"wider bounds", offWider, []string{"bounds=zone+9"}, 20},
	{"rival keys of an order", offRival, []string{"order=updated"}, 250},
	{"pages that overlap", offMess, []string{"order=unstable filters=words"}, 350},
	{"pages", offPages, []string{"paging=page0", "content=second"}, 40},
	{"edges of the query", offEdges, []string{"bounds=zone-7"}, 60},
	{"no rows at all", offEmpty, []string{"bounds=swapped"}, 80},
	{"other questions", offQuestions, []string{"bounds=refused"}, 60},
	{"each value by itself", offValues, []string{"filters=first"}, 20},
	{"states that are hidden", offHidden, []string{"hide=open"}, 20},
	{"budget of calls", offBudget, []string{"cap=1", "cap=2"}, 100},
	{"rows that cannot be read", offSkipped, []string{"content=unreadable"}, 80},
}

// worthless are ideas without which no city of any sample breaks an invariant, and why they are kept or not.
var worthless = map[off]string{}

// fewCalls ends a listing that goes on for ever: it is told of each call.
type fewCalls int

func (n *fewCalls) Write(text []byte) (int, error) {
	if *n--; *n < 0 {
		panic("it goes on for ever")
	}
	return len(text), nil
}

// brokenBy says what a city breaks without an idea.
func brokenBy(c city, seed uint64, without off) (broken map[string]string) {
	if without != offBudget {
		return judge(c, seed, without, nil).broken
	}
	defer func() {
		if r := recover(); r != nil {
			broken = map[string]string{costly: fmt.Sprint(r)}
		}
	}()
	calls := fewCalls(5000)
	return judge(c, seed, without, &calls).broken
}

// liars returns pairs with a lie, or several, and random cities with it.
func liars(lie string, n uint64) (cities []city) {
	lies := city{}
	for l := range strings.FieldsSeq(lie) {
		axis, value, _ := strings.Cut(l, "=")
		lies[axis] = value
	}
	has := func(c city) bool {
		for axis, value := range lies {
			if c[axis] != value {
				return false
			}
		}
		return true
	}
	for i, c := range pairs() {
		if has(c) && (n < 100 || i%8 == 0) {
			cities = append(cities, c)
		}
	}
	for i := range n {
		c := random(rand.New(rand.NewPCG(i, 3)))
		maps.Copy(c, lies)
		cities = append(cities, c)
	}
	return cities
}

// TestIdeas turns off each idea: without it, invariants break in more cities than with it.
func TestIdeas(t *testing.T) {
	lines := make([]string, len(ideas))
	t.Run("off", func(t *testing.T) {
		for i, idea := range ideas {
			if why, ok := worthless[idea.off]; ok {
				lines[i] = "left out: " + why
				continue
			}
			t.Run(idea.name, func(t *testing.T) {
				t.Parallel()
				net, cities := map[string]int{}, 0
				for _, lie := range idea.lies {
					for i, c := range liars(lie, idea.random) {
						var without, with map[string]string
						inItsTime(t, uint64(i), func() {
							without, with = brokenBy(c, uint64(i), idea.off), brokenBy(c, uint64(i), 0)
						})
						cities++
						for what := range without {
							net[what]++
						}
						for what := range with {
							net[what]--
						}
					}
				}
				lines[i] = fmt.Sprintf("%d cities", cities)
				worth := false
				for _, what := range severe {
					if n := net[what]; n != 0 {
						lines[i] += fmt.Sprintf("; %+d %s", n, what)
						worth = worth || n > 0
					}
				}
				if !worth {
					t.Error("no invariant breaks without it:", lines[i])
				}
			})
		}
	})
	var table strings.Builder
	for i, idea := range ideas {
		fmt.Fprintf(&table, "\n%-24s %s", idea.name, lines[i])
	}
	t.Log(table.String())
}
