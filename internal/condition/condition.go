// Package condition reads when a question is asked: only if another one has a certain answer. The form of it is that
// of Boston's definitions.
package condition

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// rule is what stands in a definition: {"clause":"OR","conditions":[{"attribute":"KIND","op":"eq","value":"car"}]}.
type rule struct {
	Clause     string `json:"clause"`
	Conditions []struct {
		Attribute string          `json:"attribute"`
		Op        string          `json:"op"`
		Value     json.RawMessage `json:"value"`
	} `json:"conditions"`
}

// Answers are the answers to the questions of a service. Those to one question are gone through once, however many
// rules ask for them.
type Answers struct {
	to   func(code string) []string
	sets map[string]map[string]bool
}

// Of returns the answers that a function has by the codes of the questions.
func Of(to func(code string) []string) *Answers {
	return &Answers{to, make(map[string]map[string]bool)}
}

func (a *Answers) set(code string) map[string]bool {
	set, ok := a.sets[code]
	if !ok {
		set = make(map[string]bool)
		for _, v := range a.to(code) {
			set[v] = true
		}
		a.sets[code] = set
	}
	return set
}

// Applies reports whether a question with a rule is asked, by the answers to the others. A rule that says nothing
// applies; of one that cannot be read, or has a comparison that is not known, nothing can be required: known is false.
func (a *Answers) Applies(raw json.RawMessage) (applies, known bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return true, true
	}
	var r rule
	if json.Unmarshal(raw, &r) != nil {
		return false, false
	}
	if len(r.Conditions) == 0 {
		return true, true
	}
	any := strings.EqualFold(r.Clause, "OR")
	for _, c := range r.Conditions {
		holds, ok := a.compare(c.Attribute, strings.ToLower(c.Op), c.Value)
		switch {
		case !ok:
			return false, false
		case holds && any:
			return true, true
		case !holds && !any:
			return false, true
		}
	}
	return !any, true
}

// compare compares the answers to a question with a value, or a list of values.
func (a *Answers) compare(code, op string, raw json.RawMessage) (holds, ok bool) {
	wanted, set := values(raw), a.set(code)
	has := slices.ContainsFunc(wanted, func(v string) bool { return set[v] })
	switch op {
	case "eq", "in", "contains":
		return has, true
	case "neq", "ne", "nin":
		return !has, true
	}
	given := a.to(code)
	if len(given) != 1 || len(wanted) != 1 {
		return false, op == "gt" || op == "gte" || op == "lt" || op == "lte"
	}
	x, err := strconv.ParseFloat(given[0], 64)
	y, err2 := strconv.ParseFloat(wanted[0], 64)
	if err != nil || err2 != nil {
		return false, false
	}
	switch op {
	case "gt":
		return x > y, true
	case "gte":
		return x >= y, true
	case "lt":
		return x < y, true
	case "lte":
		return x <= y, true
	}
	return false, false
}

// values returns a text, a number or a list of them as texts.
func values(raw json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var out []string
	for _, v := range list {
		var s string
		if json.Unmarshal(v, &s) != nil {
			s = string(v)
		}
		out = append(out, s)
	}
	return out
}

// Keys returns every key of choices that stand below raw, under whatever conditions.
func Keys(raw json.RawMessage) []string {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	var out []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if key, ok := v["key"].(string); ok {
				out = append(out, key)
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(v)
	return out
}
