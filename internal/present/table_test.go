// SPDX-License-Identifier: Apache-2.0

package present

import (
	"bytes"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	var out bytes.Buffer
	table := NewTable(&out)
	table.Row("NAME", "WHAT", "N")
	table.Row("a\nb", "c\td\xff\u202e", "1")
	table.Row("ž", "", "2")
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		`NAME  WHAT            N`,
		`a\nb  c\td\xff\u202e  1`,
		`ž                     2`, ``}, "\n")
	if got := out.String(); got != want {
		t.Errorf("the table is\n%s", got)
	}
}
