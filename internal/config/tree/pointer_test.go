// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Each ~ is followed by 0 or 1 (RFC 6901 section 3), whatever stands around.
func TestPointersWithBadEscapesAreRefused(t *testing.T) {
	for _, pointer := range []string{"/~", "/~2", "/a~", "/~~01", "/~~10", "/~0~", "/a/~~0/b", "/~/1"} {
		tokens, err := SplitPointer(pointer)
		var wrong *PointerError
		if !errors.As(err, &wrong) || wrong.Message != "~ is followed by 0 or 1 in a pointer" || wrong.Pointer != pointer {
			t.Errorf("%s is %q, error %v", pointer, tokens, err)
		}
	}
}

func TestEscapesOfPointers(t *testing.T) {
	for pointer, want := range map[string][]string{
		"": nil, "/": {""}, "/a~1b": {"a/b"}, "/~01": {"~1"}, "/~10": {"/0"}, "/~0~1/~1~0": {"~/", "/~"},
	} {
		if got, err := SplitPointer(pointer); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is %q, error %v", pointer, got, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		tokens := rapid.SliceOfN(rapid.StringMatching(`[~/01a]{0,4}`), 1, 4).Draw(t, "tokens")
		if got, err := SplitPointer(JoinPointer(tokens)); err != nil || !slices.Equal(got, tokens) {
			t.Errorf("%q became %q, error %v", tokens, got, err)
		}
	})
}
