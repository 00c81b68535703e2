package condition

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestApplies(t *testing.T) {
	answers := map[string][]string{"KIND": {"car"}, "DEPTH": {"7"}, "WHO": {"a", "b"}}
	for raw, want := range map[string][2]bool{
		``: {true, true}, `null`: {true, true}, `{}`: {true, true}, `"x"`: {false, false},
		`{"clause":"OR","conditions":[{"attribute":"KIND","op":"eq","value":"car"}]}`:                                                  {true, true},
		`{"clause":"OR","conditions":[{"attribute":"KIND","op":"eq","value":"bike"}]}`:                                                 {false, true},
		`{"clause":"OR","conditions":[{"attribute":"KIND","op":"eq","value":"bike"},{"attribute":"WHO","op":"in","value":["b","c"]}]}`: {true, true},
		`{"clause":"AND","conditions":[{"attribute":"KIND","op":"eq","value":"car"},{"attribute":"WHO","op":"neq","value":"a"}]}`:      {false, true},
		`{"conditions":[{"attribute":"DEPTH","op":"gt","value":5},{"attribute":"DEPTH","op":"lte","value":"7"}]}`:                      {true, true},
		`{"conditions":[{"attribute":"DEPTH","op":"lt","value":5}]}`:                                                                   {false, true},
		`{"conditions":[{"attribute":"NONE","op":"gte","value":5}]}`:                                                                   {false, true},
		`{"conditions":[{"attribute":"DEPTH","op":"near","value":5}]}`:                                                                 {false, false},
	} {
		applies, known := Of(func(code string) []string { return answers[code] }).Applies(json.RawMessage(raw))
		if got := [2]bool{applies, known}; got != want {
			t.Errorf("%s: %v, want %v", raw, got, want)
		}
	}
}

func TestKeys(t *testing.T) {
	got := Keys(json.RawMessage(`[{"dependentOn":{"conditions":[]},"values":[{"key":"a","name":"A"},{"key":"b"}]}]`))
	if slices.Sort(got); !slices.Equal(got, []string{"a", "b"}) || Keys(nil) != nil {
		t.Errorf("%q", got)
	}
}
