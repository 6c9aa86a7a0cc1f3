// SPDX-License-Identifier: Apache-2.0

package format

import (
	"errors"
	"testing"
)

type content struct {
	A int   `json:"a,omitempty"`
	B []int `json:"b,omitempty"`
}

func TestAFileSaysItsFormatFirst(t *testing.T) {
	for _, c := range []struct {
		file File
		v    any
		want string
	}{
		{File{Format: 1}, content{A: 2, B: []int{3}}, `{"format":1,"a":2,"b":[3]}` + "\n"},
		{File{Format: 12}, content{}, `{"format":12}` + "\n"},
		{File{Format: 1, Indented: true}, content{A: 2}, "{\n  \"format\": 1,\n  \"a\": 2\n}\n"},
		{File{}, []int{1}, "[1]\n"},
	} {
		got, err := c.file.Encode(c.v)
		if err != nil || string(got) != c.want {
			t.Errorf("got %q, error %v, want %q", got, err, c.want)
		}
	}
	if b, err := (File{Format: 1}).Encode([]int{1}); err == nil {
		t.Errorf("a list has a format: %s", b)
	}
}

func TestWhatEarlierVersionsWroteIsRead(t *testing.T) {
	for _, text := range []string{`{"a":2}`, `{"format":0,"a":2}`, `{"format":1,"a":2}`, `{"a":2,"format":1,"later":{}}`, " \n{\"format\":1,\"a\":2}\n"} {
		var got content
		if err := (File{Format: 1}).Decode([]byte(text), &got); err != nil || got.A != 2 {
			t.Errorf("%s: got %+v, error %v", text, got, err)
		}
	}
	var list []string
	if err := (File{}).Decode([]byte(`["x"]`), &list); err != nil || len(list) != 1 {
		t.Errorf("a list: got %v, error %v", list, err)
	}
}

// Whatever else a newer version has made of the file, also of types, counts for
// nothing.
func TestWhatANewerVersionWroteIsRefusedInWords(t *testing.T) {
	const want = "it was written by a newer kresd-manager (format 2; this one knows 1): restart it"
	for _, text := range []string{`{"format":2,"a":2}`, `{"format":2}`, `{"a":"two","b":{},"format":2}`} {
		got := content{A: 7}
		err := (File{Format: 1, Advice: "restart it"}).Decode([]byte(text), &got)
		var newer *NewerError
		if !errors.As(err, &newer) || err.Error() != want || got.A != 7 {
			t.Errorf("%s: got %+v, error %v", text, got, err)
		}
	}
	err := (File{}).Decode([]byte(`{"format":1}`), new([]string))
	if err == nil || err.Error() != "it was written by a newer kresd-manager (format 1; this one knows 0)" {
		t.Errorf("got error %v", err)
	}
}

func TestWhatIsDamagedIsNotNewer(t *testing.T) {
	for _, text := range []string{"", "{", `{"format":"2"}`, `{"format":-1}`, `{"format":1.5}`, `{"a":[]}`, `null null`} {
		var newer *NewerError
		if err := (File{Format: 1}).Decode([]byte(text), new(content)); err == nil || errors.As(err, &newer) {
			t.Errorf("%q: error %v", text, err)
		}
	}
}
