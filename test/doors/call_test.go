// SPDX-License-Identifier: Apache-2.0

package doors

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestAnswersGoWithTheirCalls has one shell run commands that answer as busctl does.
func TestAnswersGoWithTheirCalls(t *testing.T) {
	fails := func(said string) []string {
		return []string{"sh", "-c", "echo \"$1\" >&2; echo out; exit 1", "sh", said}
	}
	words := oneByOne([][]string{
		{"true"},
		fails("Got message error-name=org.freedesktop.DBus.Error.AccessDenied error-message=Access denied"),
		fails("Got message error-name=org.freedesktop.systemd1.NoSuchUnit error-message=Unit x not loaded"),
		{"sh", "-c", "exit 0", "sh", "two words", "", "*"},
		fails("it hung up"),
	})
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	want := []string{Allowed, Refused, "org.freedesktop.systemd1.NoSuchUnit: Unit x not loaded", Allowed, "no answer: it hung up"}
	if got := answersOf(said.String()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q of\n%s", got, want, said.String())
	}
}
