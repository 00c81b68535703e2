package open311_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
)

// What a reporter tells the city about herself, and how one recognises it whatever is done to it.
var (
	personal = open311.NewRequest{
		ServiceCode: "001", AddressString: "Main St 1", Description: "A hole",
		Email: "Annalena.Lisztmann+311@Example.org", FirstName: "Annalena-Sofie", LastName: "O'Lisztmann <Öz>", Phone: "+49 (151) 2345-6789",
		DeviceID: "device-5a5a5a5a", AccountID: "account-7b7b7b7b",
	}
	personalCores = []string{"Annalena.Lisztmann", "Annalena-Sofie", "Lisztmann", "2345-6789", "5a5a5a5a", "7b7b7b7b"}
)

// TestPersonalDataIsNeverShown files a report in every way in which that can fail.
func TestPersonalDataIsNeverShown(t *testing.T) {
	p := personal
	values := map[string]string{"email": p.Email, "first_name": p.FirstName, "last_name": p.LastName, "phone": p.Phone, "device_id": p.DeviceID, "account_id": p.AccountID}
	sentence := func() string {
		return fmt.Sprintf("We cannot reach %s %s at %s or %s (%s, %s)", p.FirstName, p.LastName, p.Email, p.Phone, p.DeviceID, p.AccountID)
	}
	jsonOf := func(v any) string {
		b, _ := json.Marshal(v)
		return string(b)
	}
	escape := func(s string) string {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(s))
		return b.String()
	}
	formOf := func(r *http.Request) string { b, _ := io.ReadAll(r.Body); return string(b) }
	lists := map[string][]string{}
	for name, v := range values {
		lists[name] = []string{v + " is not valid"}
	}
	tests := []struct {
		name, label string
		text        func(r *http.Request) string
	}{
		{"a sentence", "text/plain", func(*http.Request) string { return sentence() }},
		{"the form as it came", "text/plain", formOf},
		{"the form, decoded", "text/plain", func(r *http.Request) string { s, _ := url.QueryUnescape(formOf(r)); return s }},
		{"a page", "text/html", func(r *http.Request) string {
			return "<html>" + html.EscapeString(sentence()) + html.EscapeString(formOf(r))
		}},
		{"JSON errors", "application/json", func(*http.Request) string {
			return `[{"code":400,"description":` + jsonOf(sentence()) + `}]`
		}},
		{"JSON object", "application/json", func(*http.Request) string { return jsonOf(map[string]any{"error": sentence(), "data": values}) }},
		{"JSON fields", "application/json", func(*http.Request) string { return jsonOf(lists) }},
		{"JSON, names in other words", "application/json", func(*http.Request) string {
			return jsonOf(map[string]any{"message": "no", "sender": p.Email, "given": p.FirstName, "family": p.LastName, "tel": p.Phone, "id1": p.DeviceID, "id2": p.AccountID})
		}},
		{"XML errors", "text/xml", func(*http.Request) string {
			return "<errors><error><code>400</code><description>" + escape(sentence()) + "</description></error></errors>"
		}},
		{"XML fields", "text/xml", func(*http.Request) string {
			out := "<errors>"
			for name, v := range values {
				out += "<" + name + ">" + escape(v) + "</" + name + ">"
			}
			return out + "</errors>"
		}},
		{"truncated receipt", "application/json", func(*http.Request) string { return `[{"service_notice":` + jsonOf(sentence()) + `,"acc` }},
		{"the request with warnings", "application/json", func(*http.Request) string {
			return fmt.Sprintf(`{"x":{"requests":[{"status":"\q","lat":%[1]s,%[1]s:1,"requested_datetime":%[2]s,"email":%[2]s},42,{"a" %[1]s}]},%[1]s:%[1]s}`, jsonOf(sentence()), jsonOf(p.Email))
		}},
	}
	show := func(t *testing.T, opts []open311.Option, status int, answer func(w http.ResponseWriter, r *http.Request)) {
		city := newStubCity(t, answer)
		e := &exposure{}
		n := p
		_, err := city.client(t, slices.Concat(e.options(), opts, []open311.Option{open311.WithRetry(open311.RetryPolicy{MaxAttempts: 2, MinWait: 1, MaxWait: 1})})...).Requests.Create(t.Context(), &n)
		if err == nil && status >= 400 {
			t.Errorf("no error with %d", status)
		}
		e.addError(err)
		e.check(t, personalCores...)
	}
	for _, tt := range tests {
		for _, status := range []int{200, 400, 429, 500} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, status), func(t *testing.T) {
				show(t, nil, status, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", tt.label)
					w.WriteHeader(status)
					io.WriteString(w, tt.text(r))
				})
			})
		}
	}
	t.Run("strict", func(t *testing.T) {
		show(t, []open311.Option{open311.WithStrict()}, 200, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `[{`+jsonOf(p.Email)+`:"\q","service_request_id":"1"}]`)
		})
	})
	t.Run("headers", func(t *testing.T) {
		show(t, nil, 400, func(w http.ResponseWriter, r *http.Request) {
			w.Header()["X-Error"] = []string{sentence()}
			w.Header().Set("Location", "/thanks?for="+url.QueryEscape(sentence()))
			w.WriteHeader(http.StatusBadRequest)
		})
	})
	for _, target := range []string{"/thanks?name=", "http://127.0.0.1:1/thanks/", "http://%zz/", "gopher://city.example/"} {
		t.Run("redirect to "+strings.ReplaceAll(target, "/", "|"), func(t *testing.T) {
			show(t, nil, 303, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", target+url.QueryEscape(p.Email)+"&"+url.QueryEscape(sentence()))
				w.WriteHeader(http.StatusSeeOther)
			})
		})
	}
	t.Run("no HTTP", func(t *testing.T) {
		show(t, nil, 0, func(w http.ResponseWriter, r *http.Request) {
			raw(func(string, *http.Request) string { return sentence() + "\r\n" })("", w, r)
		})
	})
	t.Run("middleware that fails", func(t *testing.T) {
		mw := open311.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
			return stubTrip(func(r *http.Request) (*http.Response, error) {
				dump, _ := httputil.DumpRequestOut(r, true)
				return nil, errors.New("cannot send " + string(dump))
			})
		})
		show(t, []open311.Option{mw}, 0, func(http.ResponseWriter, *http.Request) {})
	})
	t.Run("address in lower case", func(t *testing.T) {
		city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `[{"code":400,"description":"`+strings.ToLower(p.Email)+` is blocked"}]`)
		})
		e := &exposure{}
		_, err := city.client(t, e.options()...).Requests.Create(t.Context(), &p)
		e.addError(err)
		e.check(t, strings.ToLower(p.Email))
	})
}

func TestReportShowsNoPersonalData(t *testing.T) {
	n := personal
	n.Attributes = open311.Attributes{"EMAIL": {n.Email}}
	n.Params = url.Values{"contact": {n.Phone}}
	for name, v := range map[string]any{
		"*NewRequest": &n, "NewRequest": n, "a list": []open311.NewRequest{n}, "a list of pointers": []*open311.NewRequest{&n},
		"a struct": struct{ N open311.NewRequest }{n}, "a map": map[string]any{"n": &n},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			t.Run(name+"/"+verb, func(t *testing.T) {
				e := &exposure{}
				e.add(verb, fmt.Sprintf(verb, v))
				e.check(t, personalCores...)
			})
		}
	}
}

// A log line shows no personal data either, whatever its handler makes of a value that can also be stored
// as JSON.
func TestLogShowsNoPersonalData(t *testing.T) {
	n := personal
	n.Params = url.Values{"contact_email": {n.Email}}
	n.Attributes = open311.Attributes{"PHONE": {n.Phone}}
	u := open311.NewUpdate{RequestID: "7", Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, Phone: n.Phone, AccountID: n.AccountID}
	r := open311.Receipt{ID: "7", AccountID: n.AccountID, Extra: open311.Extra{"email": json.RawMessage(strconv.Quote(n.Email))}}
	ur := open311.UpdateReceipt{ID: "7", AccountID: n.AccountID}
	var text bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&text, nil)} {
		slog.New(handler).Info("x", "n", n, "*n", &n, "u", u, "*u", &u, "r", r, "*r", &r, "ur", ur, "*ur", &ur)
	}
	e := &exposure{}
	e.add("log", text.String())
	e.check(t, personalCores...)
	if !strings.Contains(text.String(), `"r":{"id":"7"`) || !strings.Contains(text.String(), n.ServiceCode) {
		t.Errorf("nothing of use in the log: %s", text.String())
	}
}

// What a server repeats of the reporter's data is hidden wherever they stood in the report: in the
// parameters of a server that has names of its own for them, and in attributes.
func TestPersonalDataUnderOtherNames(t *testing.T) {
	n := open311.NewRequest{ServiceCode: "1", AddressID: "1", Params: url.Values{"contact_email": {"mx@people.example"}},
		Attributes: open311.Attributes{"reporter_phone": {"0555-0199-77"}, "DEPTH": {"shallow"}}}
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		return stubReply(r, 400, "text/plain", "Neither mx@people.example nor 0555-0199-77 nor shallow is good."), nil
	})
	e := &exposure{}
	_, err := c.Requests.Create(t.Context(), &n)
	e.addError(err)
	_, updateErr := c.Updates.Create(t.Context(), &open311.NewUpdate{RequestID: "1", ID: "2", Status: "OPEN", UpdatedDatetime: time.Now(), Description: "x",
		Params: n.Params, Attributes: n.Attributes})
	e.addError(updateErr)
	e.check(t, "mx@people", "0555-0199")
	if err == nil || !strings.Contains(err.Error(), "shallow") {
		t.Errorf("too much is hidden: %v", err)
	}
}

// A name of three letters is too short to be hidden in every word, but not beside the other one.
func TestShortNamesAreHiddenTogether(t *testing.T) {
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		return stubReply(r, 400, "text/plain", "Is Li Doe, or Doe, Li, known to Doelittle?"), nil
	})
	e := &exposure{}
	_, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", AddressID: "1", FirstName: "Li", LastName: "Doe"})
	e.addError(err)
	e.check(t, "Li Doe", "Doe, Li")
	if err == nil || !strings.Contains(err.Error(), "Doelittle") {
		t.Errorf("too much is hidden: %v", err)
	}
}

// What is refused before it is sent is described without what the reporter said about herself.
func TestValidationShowsNoPersonalData(t *testing.T) {
	n := personal
	n.AddressString, n.Location = "", &open311.Point{Lat: 91, Long: 181}
	n.Media = []open311.Media{{Name: n.LastName + ".jpg"}}
	_, err := stubClient(t, nil).Requests.Create(t.Context(), &n)
	if err == nil {
		t.Fatal("no error")
	}
	e := &exposure{}
	e.addError(err)
	e.check(t, personalCores...)
}

// The check itself must find a key, or it proves nothing.
func TestExposureFindsWhatIsThere(t *testing.T) {
	for name, text := range map[string]string{
		"plain": "x " + keyCore, "escaped": url.QueryEscape("a/" + keyCore), "Basic": base64.StdEncoding.EncodeToString([]byte("user:" + keyCore + "x")),
		"JSON": jsonEcho(`"`+keyCore+`"`, httptest.NewRequest(http.MethodGet, "/", nil)),
	} {
		e := &exposure{}
		e.addError(fmt.Errorf("x: %w", &open311.APIError{Faults: []open311.Fault{{Description: text}}}))
		found := false
		for _, form := range append(base64Cores(keyCore), keyCore) {
			for _, seen := range e.seen {
				found = found || strings.Contains(seen, form)
			}
		}
		if !found {
			t.Errorf("%s is not found", name)
		}
	}
}

// What a reporter says of herself is in the body of the POST, and in nothing else that leaves: neither in its address and
// header, nor in the calls that look for the report.
func TestPersonalDataGoesWithThePostAlone(t *testing.T) {
	inBody := false
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		var body []byte
		if r.Body != nil {
			body, _ = io.ReadAll(r.Body)
		}
		if r.Method == http.MethodPost {
			form, _ := url.ParseQuery(string(body))
			inBody = form.Get("email") == personal.Email && form.Get("phone") == personal.Phone
			body = nil
		}
		head, _ := url.QueryUnescape(fmt.Sprint(r.URL, r.Header, string(body)))
		for _, core := range personalCores {
			if strings.Contains(head, core) {
				t.Errorf("%s goes with %s %s", core, r.Method, r.URL)
			}
		}
		return stubReply(r, 500, "application/json", "[]"), nil
	}, open311.WithFormat(open311.FormatJSON), open311.WithRetry(once))
	if _, err := c.Requests.Create(t.Context(), &personal); !errors.Is(err, open311.ErrOutcomeUnknown) || !inBody {
		t.Errorf("in the body: %t, %v", inBody, err)
	}
	_, _ = c.Requests.FindSimilar(t.Context(), &personal, time.Hour)
	_, _ = c.Requests.File(t.Context(), open311.FileOutbox(t.TempDir()), &open311.Filing{Report: &personal, State: open311.FilingSending})
}
