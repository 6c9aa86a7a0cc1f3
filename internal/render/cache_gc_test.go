// SPDX-License-Identifier: Apache-2.0

package render

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestGarbageCollectorGetsItsArgumentsAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := []string{"-c", "/" + anyText().Filter(utf8.ValidString).Draw(t, "storage"), "-d", "1000"}
		var got []string
		if err := json.Unmarshal([]byte(CacheGCArguments(want)), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestNoGarbageCollectorHasNoArguments(t *testing.T) {
	if got := CacheGCArguments(nil); got != "[]\n" {
		t.Errorf("%q", got)
	}
}
