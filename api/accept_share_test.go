// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// What takes long to write is not written for many at a time; what does not is.
func TestLargeAnswersInOtherFormatsAreBounded(t *testing.T) {
	large := []byte(`["` + strings.Repeat("x", largeValue) + `"]`)
	texts := newShares("large answers in YAML or TOML", 1, 1)
	ask := func(accept string, value []byte) (int, error) {
		rec := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/v1/config", nil)
		r.Header.Set("Accept", accept)
		err := sendFormat(&response{ResponseWriter: rec, texts: texts}, r, value)
		return rec.Body.Len(), err
	}
	if n, err := ask("application/yaml", large); err != nil || n < largeValue {
		t.Errorf("%d bytes, %v", n, err)
	}
	r := httptest.NewRequest("GET", "/v1/config", nil)
	giveBack, err := texts.take(&response{}, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask("application/yaml", large); err == nil || !strings.Contains(err.Error(), "large answers in YAML or TOML at a time already") {
		t.Errorf("beyond the bound: %v", err)
	}
	for accept, value := range map[string][]byte{"application/yaml": []byte("[1]"), "application/json": large} {
		if _, err := ask(accept, value); err != nil {
			t.Errorf("%s of %d bytes: %v", accept, len(value), err)
		}
	}
	giveBack()
	if _, err := ask("application/yaml", large); err != nil {
		t.Error(err)
	}
}
