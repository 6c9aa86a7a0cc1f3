// SPDX-License-Identifier: Apache-2.0

package present

import (
	"strings"
	"testing"
)

func TestAnAnswerIsLaidOutAsItIs(t *testing.T) {
	const answer = `{"a":[1.50,1e3,"x"],"b":{}}`
	for yaml, want := range map[bool]string{
		false: "{\n    \"a\": [\n        1.50,\n        1e3,\n        \"x\"\n    ],\n    \"b\": {}\n}\n",
		true:  "a:\n  - 1.50\n  - 1.0e+3\n  - x\nb: {}\n",
	} {
		if got, err := Value([]byte(answer), yaml); err != nil || string(got) != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
		if got, err := Value([]byte("<html>"), yaml); err == nil || !strings.HasPrefix(err.Error(), "cannot read the answer: ") || strings.Contains(err.Error(), "invalid character") {
			t.Errorf("what is no JSON: %q, %v", got, err)
		}
	}
}
