// SPDX-License-Identifier: Apache-2.0

package manager

import "testing"

// Whoever was told the number of a change asks for it at any moment, also in that between
// its wait and its begin.
func TestAChangeIsKnownWhileItsTurnComes(t *testing.T) {
	var b changes
	asked := &transition{}
	c := newChange(asked)
	asked.record, c.ID = c, 8
	b.queue = append(b.queue, c)
	if b.take() != c || b.find(8) != c {
		t.Error("it is not known when its turn has come")
	}
	began := b.find(8).Began
	if b.begin(asked); b.find(8) != c || c.Began != began || began == nil {
		t.Errorf("it begins twice, at %v and %v", began, c.Began)
	}
}
