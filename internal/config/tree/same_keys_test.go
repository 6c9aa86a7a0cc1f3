// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"fmt"
	"testing"
)

// TestDuplicatesOfMany has objects of sizes around those at which keys are compared in another
// way, without keys that are the same and with some.
func TestDuplicatesOfMany(t *testing.T) {
	for _, size := range []int{1, 16, 17, atOnce - 1, atOnce, atOnce + 1, 3 * atOnce, 9*atOnce + 5} {
		n := Node{Kind: Object}
		for i := range size {
			n.Append(Member{Key: fmt.Sprint("key ", i)})
		}
		n.Duplicates(func(m, _ *Member) { t.Errorf("of %d keys %q is told to be there twice", size, m.Key) })
		var want, got []string
		for _, again := range []int{0, size / 2, size - 1} {
			key := fmt.Sprint("key ", again)
			n.Append(Member{Key: key})
			want = append(want, fmt.Sprint(key, " again"))
		}
		n.Duplicates(func(m, first *Member) {
			if m == first || m.Key != first.Key {
				t.Errorf("%q is told to be %q", m.Key, first.Key)
			}
			got = append(got, m.Key+" again")
		})
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("after %d keys: %q, want %q", size, got, want)
		}
	}
}

func TestRepeatedHashes(t *testing.T) {
	room := make([]uint64, 8)
	for _, c := range []struct {
		hashes []uint64
		want   bool
	}{{nil, false}, {[]uint64{7, 15, 23}, false}, {[]uint64{7, 15, 23, 15}, true}, {[]uint64{1, 0}, true}} {
		if got := repeats(c.hashes, room); got != c.want {
			t.Errorf("%v: %v", c.hashes, got)
		}
	}
}
