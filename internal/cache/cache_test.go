package cache_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-open311/open311/internal/cache"
)

func TestMapForgetsWhatIsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := cache.Map[int]{Limit: 2, Age: time.Hour}
		m.Put("a", 1)
		time.Sleep(time.Hour - 1)
		if v, ok := m.Get("a"); v != 1 || !ok {
			t.Errorf("just before an hour: %d, %t", v, ok)
		}
		time.Sleep(time.Nanosecond)
		if _, ok := m.Get("a"); ok {
			t.Error("still there after an hour")
		}
	})
}

func TestMapIsBounded(t *testing.T) {
	m := cache.Map[int]{Limit: 3}
	for i := range 10 {
		m.Put(strconv.Itoa(i), i)
		m.Put("kept", i) // a key that is there evicts nothing
	}
	there := 0
	for i := range 10 {
		if _, ok := m.Get(strconv.Itoa(i)); ok {
			there++
		}
	}
	if there > 3 {
		t.Errorf("%d values are there, want 3 at most", there)
	}
	if v, ok := m.Get("kept"); ok && v != 9 {
		t.Errorf("the value is %d, want the one put last", v)
	}
}

func TestZeroMapKeepsNothing(t *testing.T) {
	var m cache.Map[int]
	m.Put("a", 1)
	if _, ok := m.Get("a"); ok {
		t.Error("it has kept a value")
	}
}
