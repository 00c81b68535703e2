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
		m.Put("a", 1, 0)
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
		m.Put(strconv.Itoa(i), i, 0)
		m.Put("kept", i, 0) // a key that is there evicts nothing
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
	m.Put("a", 1, 0)
	if _, ok := m.Get("a"); ok {
		t.Error("it has kept a value")
	}
}

// Values that are large evict others; one that is larger than the room is not kept, nor what it would take the place of.
func TestMapHasRoom(t *testing.T) {
	m := cache.Map[int]{Limit: 100, Room: 10}
	there := func(keys ...string) (n int) {
		for _, key := range keys {
			if _, ok := m.Get(key); ok {
				n++
			}
		}
		return n
	}
	m.Put("a", 1, 4)
	m.Put("b", 2, 4)
	if n := there("a", "b"); n != 2 {
		t.Errorf("%d of two that fit are there", n)
	}
	m.Put("b", 3, 4)
	if n := there("a", "b"); n != 2 {
		t.Errorf("%d of two are there after one was put again", n)
	}
	m.Put("c", 4, 4)
	if n := there("a", "b", "c"); n != 2 || there("c") != 1 {
		t.Errorf("%d of three are there, the last one %d times", n, there("c"))
	}
	if m.Fits("c", 10) || !m.Fits("c", 9) {
		t.Error("what fits is not what Put keeps")
	}
	if m.Put("c", 5, 10); there("c") != 0 {
		t.Error("an old value is still there, or one that is too large")
	}
}
