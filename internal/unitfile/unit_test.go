// SPDX-License-Identifier: Apache-2.0

package unitfile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func unit(t *testing.T, name string, texts ...string) Unit {
	t.Helper()
	u, err := Parse(name, texts...)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestDropInsJoinTheirSections(t *testing.T) {
	u := unit(t, "a@b.service", "# x\n[Unit]\nAfter=c.target\n\n[Service]\nType=exec\n", "[Unit]\nAfter=d.target\n[Service]\nUser=u\n")
	const want = "[Unit]\nAfter=c.target\nAfter=d.target\n\n[Service]\nType=exec\nUser=u\n"
	if diff := cmp.Diff(want, u.Text()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("[Unit]\nAfter=d.target\n\n[Service]\nType=exec\nSlice=s.slice\n",
		u.WithoutUnits("c.target").Without("User").With("Service", "Slice", "s.slice").Text()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, u.Text()); diff != "" {
		t.Errorf("a method changed the unit:\n%s", diff)
	}
}

func TestPropertiesOfAssignments(t *testing.T) {
	for text, want := range map[string][]Property{
		"ExecStart=-/bin/a %i %n %%":                 {{"ExecStart", []ExecCommand{{"/bin/a", []string{"/bin/a", "b", "a@b.service", "%"}, true}}}},
		"ExecStart=/bin/a\nExecStart=\nExecStart=/c": {{"ExecStart", []ExecCommand{{"/c", []string{"/c"}, false}}}},
		"Type=exec\nType=notify":                     {{"Type", "notify"}},
		"PrivateUsers=yes":                           {{"PrivateUsers", true}},
		"PrivateUsers=full":                          {{"PrivateUsersEx", "full"}},
		"CapabilityBoundingSet=":                     {{"CapabilityBoundingSet", uint64(0)}},
		"AmbientCapabilities=CAP_NET_BIND_SERVICE":   {{"AmbientCapabilities", uint64(1 << 10)}},
		"RestrictAddressFamilies=none":               {{"RestrictAddressFamilies", Filter{true, []string{}}}},
		"RestartPreventExitStatus=70 78":             {{"RestartPreventExitStatus", ExitStatus{[]int32{70, 78}, []int32{}}}},
		"SystemCallErrorNumber=EPERM":                {{"SystemCallErrorNumber", int32(1)}},
	} {
		got, err := unit(t, "a@b.service", "[Service]\n"+text+"\n").Properties()
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}

// A directive that cannot be given to StartTransientUnit must not get lost.
func TestWhatHasNoPropertyIsRefused(t *testing.T) {
	for _, text := range []string{
		"NoSuchThing=yes", "ExecStart=+/bin/a", "ExecStart=a", "ExecStart=/bin/a 'b c'", "PrivateTmp=disconnected",
		"CapabilityBoundingSet=~CAP_SYS_ADMIN", "SystemCallErrorNumber=EXDEV", "RestartSec=1 week", "RestrictNamespaces=net",
		"IPAddressDeny=192.0.2.1", "Environment=A=%h", "LimitNOFILE=infinity",
	} {
		_, err := unit(t, "a.service", "[Service]\n"+text+"\n").Properties()
		if name, _, _ := strings.Cut(text, "="); err == nil || !strings.Contains(err.Error(), "a.service") || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"A=b", "[Unit]\nA", "[Unit]\nA=b\\\nc"} {
		if _, err := Parse("a.service", text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}
