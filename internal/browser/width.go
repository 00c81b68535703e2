package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
)

// measure unfolds every page and tells how far it reaches to the right, and which element reaches farthest.
const measure = `addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument;
    page.querySelectorAll("details").forEach(d => d.open = true);
    let far = {width: page.documentElement.scrollWidth, element: ""}, right = 0;
    for (const e of page.body.querySelectorAll("*")) {
      const box = e.getBoundingClientRect();
      if (box.right > right) [right, far.element] = [box.right, e.localName + "." + e.className];
    }
    return far;
  });
  fetch("/widths", {method: "POST", body: JSON.stringify(found)});
});`

// Fits lets a browser show pages on a screen that is some CSS pixels wide, with all that can be unfolded: none may have
// to be scrolled sideways. Without a browser, the test is skipped.
func Fits(t *testing.T, width int, pages ...[]byte) {
	t.Helper()
	program := find(t)
	var mu sync.Mutex
	var widths []struct {
		Width   int
		Element string
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/page/{page}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		n, _ := strconv.Atoi(r.PathValue("page"))
		_, _ = w.Write(pages[n])
	})
	mux.HandleFunc("/widths", func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if err := json.NewDecoder(r.Body).Decode(&widths); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<!doctype html><meta charset=utf-8>")
		for n := range pages {
			fmt.Fprintf(w, `<iframe src=/page/%d style="width:%dpx;height:800px;border:0"></iframe>`, n, width)
		}
		fmt.Fprintf(w, "<script>%s</script>", measure)
	})
	city := httptest.NewServer(mux)
	defer city.Close()
	run(t, program, city.URL)

	mu.Lock()
	defer mu.Unlock()
	if len(widths) != len(pages) {
		t.Fatalf("the browser has measured %d of %d pages", len(widths), len(pages))
	}
	for i, w := range widths {
		if w.Width > width {
			t.Errorf("page %d is %d pixels wide, and the screen %d: <%s> reaches farthest", i, w.Width, width, w.Element)
		}
	}
}
