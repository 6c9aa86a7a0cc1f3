// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestNamesOfTheMachine(t *testing.T) {
	hosts := "127.0.0.1 localhost\n127.0.1.1\tdns1.example.net DNS1 # dns1.evil\n# 192.0.2.1 dns1 commented\n192.0.2.9 other.example dns10\n::1\n192.0.2.2 ns.example dns1\n"
	want := []string{"dns1", "dns1.example.net", "ns.example"}
	if got := namesIn("dns1", hosts); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := namesIn("dns1", ""); !slices.Equal(got, want[:1]) {
		t.Errorf("without a file: %q", got)
	}
	own, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if got := Names(); len(got) == 0 || !strings.EqualFold(got[0], own) {
		t.Errorf("got %q on %s", got, own)
	}
}
