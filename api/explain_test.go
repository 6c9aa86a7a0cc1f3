// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
)

func TestKeysAreExplained(t *testing.T) {
	s := serve(t, api.Options{})
	keys := func(path string) wire.Keys {
		t.Helper()
		got := s.ask(t, "GET", "/v1/config/explain"+path, "")
		var k wire.Keys
		if err := json.Unmarshal([]byte(got.body), &k); err != nil || got.StatusCode != 200 {
			t.Fatalf("%s: %d %s %v", path, got.StatusCode, got.body, err)
		}
		return k
	}
	one := keys("/cache/size-max").Keys
	if len(one) != 1 || one[0].Pointer != "/cache/size-max" || string(one[0].Default) != `"100M"` || one[0].Effect == "" || one[0].Doc == "" || one[0].Type == "" {
		t.Errorf("%+v", one)
	}
	if kind := keys("/network/listen/0/kind").Keys[0]; kind.Pointer != "/network/listen/*/kind" || len(kind.Words) < 3 {
		t.Errorf("%+v", kind)
	}
	for path, pointer := range map[string]string{"": "", "/": "", "/cache/": "/cache"} {
		if k := keys(path).Keys[0]; k.Pointer != pointer || len(k.Keys) == 0 || k.Keys[0].Summary == "" {
			t.Errorf("%s: %+v", path, k)
		}
	}
	if k := keys("/management/roles/0/token").Keys[0]; !k.Secret || !k.Ours {
		t.Errorf("%+v", k)
	}
	found := keys("?search=STALE").Keys
	if len(found) == 0 {
		t.Error("nothing is found")
	}
	for _, k := range found {
		if !strings.Contains(strings.ToLower(k.Pointer+k.Doc), "stale") {
			t.Errorf("found %+v", k)
		}
	}
	if none := keys("?search=no-such-word"); none.Keys == nil || len(none.Keys) != 0 || none.More != 0 {
		t.Errorf("%+v", none)
	}
	if all := keys("?search=e"); len(all.Keys) != 100 || all.More == 0 || len(all.Keys)+all.More > len(config.Keys()) {
		t.Errorf("%d and %d more", len(all.Keys), all.More)
	}
	for path, want := range map[string]string{
		"/cahce":                              "there is no key /cahce; ",
		"/cache/size-max/more":                "there is no key",
		"?search=":                            "search has a word",
		"?search=" + strings.Repeat("x", 101): "search has a word",
		"?serach=x":                           "there is no parameter serach",
		"/cache?search=x":                     "a search covers all keys",
	} {
		got := s.ask(t, "GET", "/v1/config/explain"+path, "")
		if status := map[bool]int{true: 404, false: 400}[strings.HasPrefix(want, "there is no key")]; got.StatusCode != status || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.body)
		}
	}
	// It is nothing that could be changed.
	if got := s.ask(t, "PUT", "/v1/config/explain", "{}"); got.StatusCode != 405 {
		t.Errorf("PUT: %d", got.StatusCode)
	}
}

// A key with this name could not be asked for.
func TestNoKeyIsInTheWayOfExplain(t *testing.T) {
	if k, err := config.FindKey("/explain"); err == nil {
		t.Errorf("there is a key %s", k.Pointer)
	}
	// Free names are not at the top.
	if _, err := config.FindKey("/*"); err == nil {
		t.Error("the configuration has free names at its top")
	}
}
