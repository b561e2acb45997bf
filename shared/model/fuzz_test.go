package model_test

import (
	"testing"

	"github.com/fualab/fualab/shared/model"
)

// FuzzAttributes proves that the form of accepted attributes is final.
func FuzzAttributes(f *testing.F) {
	for _, raw := range []string{`{}`, `{"z":1e2,"a":{"b":[1.50,null]}}`, `{"a":1,"a":2}`, `null`, `[]`, `{"a":1e400}`, `{"\ud800":1}`, `{"a":-0}`, `{"":""}`, "{\"a\":\"\xff\"}"} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		once, err := model.ParseAttributes(raw)
		if err != nil {
			return
		}
		twice, err := model.ParseAttributes([]byte(once))
		if err != nil || once != twice {
			t.Errorf("%q became %q, and then %q, %v", raw, once, twice, err)
		}
	})
}
