package open311_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestResolve(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		id     string
		want   error
	}{
		{"id", 200, `[{"service_request_id":"7","token":"t/1"}]`, "7", nil},
		{"number", 200, `[{"service_request_id":7,"token":"t/1"}]`, "7", nil},
		{"zero", 200, `[{"service_request_id":0,"token":"t/1"}]`, "0", nil},
		{"object", 200, `{"service_request_id":"7"}`, "7", nil},
		{"another token", 200, `[{"service_request_id":"7","token":"t/2"}]`, "", open311.ErrPending},
		{"several rows", 200, `[{"service_request_id":"6","token":"t/2"},{"service_request_id":"7","token":"t/1"}]`, "7", nil},
		{"empty list", 200, `[]`, "", open311.ErrPending},
		{"empty id", 200, `[{"service_request_id":"","token":"t/1"}]`, "", open311.ErrPending},
		{"null id", 200, `[{"service_request_id":null,"token":"t/1"}]`, "", open311.ErrPending},
		{"no id", 200, `[{"token":"t/1"}]`, "", open311.ErrPending},
		{"blank id", 200, `[{"service_request_id":"  ","token":"t/1"}]`, "", open311.ErrPending},
		{"id later, the word null now", 200, `[{"service_request_id":"null","token":"t/1"}]`, "", open311.ErrPending},
		{"false for an id", 200, `{"service_request_id":false,"token":"t/1"}`, "", open311.ErrPending},
		{"words", 200, `[["not yet"]]`, "", open311.ErrPending},
		{"the token alone", 200, `[["t/1"]]`, "", open311.ErrPending},
		{"lone id", 200, `[["7"]]`, "7", nil},
		{"error 404 with status 200", 200, `[{"code":404,"description":"no"}]`, "", open311.ErrPending},
		{"error 400 with status 200", 200, `[{"code":400,"description":"no"}]`, "", open311.ErrInvalid},
		{"404", 404, `[{"code":404,"description":"no"}]`, "", open311.ErrPending},
		{"404 page", 404, htmlPage, "", open311.ErrPending},
		{"400", 400, `[{"code":400,"description":"no"}]`, "", open311.ErrInvalid},
		{"403", 403, `[{"code":403,"description":"no"}]`, "", open311.ErrForbidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				if got := r.URL.EscapedPath(); got != "/v2/tokens/t%2F1.json" {
					t.Errorf("path %s", got)
				}
				return stubReply(r, tt.status, "application/json", tt.body), nil
			}, open311.WithFormat(open311.FormatJSON))
			id, err := c.Requests.Resolve(t.Context(), "t/1")
			if id != tt.id || !errors.Is(err, tt.want) {
				t.Errorf("%q, %v; want %q, %v", id, err, tt.id, tt.want)
			}
		})
	}
}

// A token that cannot be one is asked for nowhere.
func TestResolveRefusesNoToken(t *testing.T) {
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		t.Errorf("a call to %s", r.URL)
		return stubReply(r, 200, "application/json", "[]"), nil
	})
	for _, token := range []string{"", " ", "\t\n"} {
		if _, err := c.Requests.Resolve(t.Context(), token); !errors.Is(err, open311.ErrInvalid) {
			t.Errorf("Resolve(%q): %v", token, err)
		}
		if _, err := c.Requests.Await(t.Context(), token); !errors.Is(err, open311.ErrInvalid) {
			t.Errorf("Await(%q): %v", token, err)
		}
	}
}

// pollTimes awaits a token that the server answers as told, and returns when it was asked.
func pollTimes(t *testing.T, limit time.Duration, answer func(n int) (int, string, string)) (at []time.Duration, id string, took time.Duration, err error) {
	t.Helper()
	start := time.Now()
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		at = append(at, time.Since(start))
		status, body, after := answer(len(at))
		resp := stubReply(r, status, "application/json", body)
		if after != "" {
			resp.Header.Set("Retry-After", after)
		}
		return resp, nil
	}, open311.WithFormat(open311.FormatJSON), open311.WithRetry(once))
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	id, err = c.Requests.Await(ctx, "t")
	return at, id, time.Since(start), err
}

func TestAwaitWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at, id, _, err := pollTimes(t, time.Hour, func(n int) (int, string, string) {
			if n < 12 {
				return 200, `[]`, ""
			}
			return 200, `[{"service_request_id":"7","token":"t"}]`, ""
		})
		if id != "7" || err != nil {
			t.Fatalf("%q, %v", id, err)
		}
		if at[0] != 2*time.Second {
			t.Errorf("first poll after %v", at[0])
		}
		full := 2 * time.Second
		for i := 1; i < len(at); i++ {
			full = min(2*full, time.Minute)
			if gap := at[i] - at[i-1]; gap > full || gap < full*3/4 {
				t.Errorf("wait %d was %v, want %v to %v", i, gap, full*3/4, full)
			}
		}
	})
}

func TestAwaitEnds(t *testing.T) {
	pending := func(int) (int, string, string) { return 404, "", "" }
	synctest.Test(t, func(t *testing.T) {
		at, _, took, err := pollTimes(t, 90*time.Second, pending)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, open311.ErrPending) || took != 90*time.Second || len(at) < 5 {
			t.Errorf("%v after %v and %d polls", err, took, len(at))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		at, _, took, err := pollTimes(t, time.Second, pending)
		if !errors.Is(err, context.DeadlineExceeded) || took != time.Second || len(at) != 0 {
			t.Errorf("%v after %v and %d polls", err, took, len(at))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		at, _, _, err := pollTimes(t, time.Hour, func(int) (int, string, string) { return 403, `[{"code":403,"description":"no"}]`, "" })
		if !errors.Is(err, open311.ErrForbidden) || len(at) != 1 {
			t.Errorf("%v after %d polls", err, len(at))
		}
	})
	// What passes is waited for, and as long as the server wants.
	synctest.Test(t, func(t *testing.T) {
		at, id, _, err := pollTimes(t, time.Hour, func(n int) (int, string, string) {
			switch n {
			case 1:
				return 503, htmlPage, ""
			case 2:
				return 429, "", "300"
			}
			return 200, `[{"service_request_id":"7","token":"t"}]`, ""
		})
		if err != nil || id != "7" || at[2]-at[1] < 5*time.Minute {
			t.Errorf("%q, %v, polls at %v", id, err, at)
		}
	})
}

// TestAwaitInAnotherProcess: a receipt is stored, and its token awaited by someone else.
func TestAwaitInAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithTokenDelay(2, time.Minute), open311test.WithClock(time.Now), open311test.WithSize(1))
		r, err := city.Client().Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "0801", AddressString: "Quay 1"})
		if err != nil || r.ID != "" || r.Token == "" {
			t.Fatalf("receipt %v, %v", r, err)
		}
		stored, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again open311.Receipt
		if err := json.Unmarshal(stored, &again); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(*r, again); d != "" {
			t.Errorf("stored (-want +got):\n%s", d)
		}
		id, err := city.Client().Requests.Await(t.Context(), again.Token)
		if err != nil || id == "" || city.Filed()[0].ID != id {
			t.Errorf("%q, %v; filed %v", id, err, city.Filed())
		}
	})
}
