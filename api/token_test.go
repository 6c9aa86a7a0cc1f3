// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/internal/token"
	"kresd-manager/units"
)

// A hash in a file or in the configuration is as good as the token, and is no token.
func TestHashedTokens(t *testing.T) {
	inFile, inText := token.New(), token.New()
	path := filepath.Join(t.TempDir(), "token")
	hash := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hash(token.Of(inFile).String())
	log, text := logger(slog.LevelInfo)
	s := serveTCP(t, fmt.Sprintf("{interface: ADDRESS, roles: [{role: configure, name: deploy, token-file: %s}, {role: read, token: '%s'}]}", path, token.Of(inText)),
		api.Options{Logger: log})
	put := func(sent string) int {
		t.Helper()
		return s.ask(t, "PUT", "/v1/config/workers", "3", "Authorization: Bearer "+sent).StatusCode
	}
	for sent, want := range map[string]int{inFile: 200, inText: 403, token.Of(inFile).String(): 401, token.Of(inText).String(): 401} {
		if got := put(sent); got != want {
			t.Errorf("%s: %d, want %d", sent, got, want)
		}
	}
	// Who has a name is known by it.
	var h units.History
	if err := json.Unmarshal([]byte(s.ask(t, "GET", "/v1/history", "", "Authorization: Bearer "+inText).body), &h); err != nil {
		t.Fatal(err)
	}
	if who := h.Entries[0].Who; who.Name != "deploy" || who.Role != "/management/roles/0" || !strings.HasPrefix(who.String(), "deploy 127.0.0.1:") {
		t.Errorf("%+v", who)
	}
	if !strings.Contains(text.String(), `msg=request who="deploy 127.0.0.1:`) || strings.Contains(text.String(), inFile) || strings.Contains(text.String(), inText) {
		t.Errorf("log: %s", text)
	}
	// Another one counts at once, and one that is no hash gives no one the role.
	next := token.New()
	hash(token.Of(next).String())
	if old, now := put(inFile), put(next); old != 401 || now != 200 {
		t.Errorf("after a new hash: the old token %d, the new one %d", old, now)
	}
	hash("sha256:" + next[:63])
	if got := put(next); got != 401 || !strings.Contains(text.String(), "64 hexadecimal digits") || strings.Contains(text.String(), next[:63]) {
		t.Errorf("%d, log: %s", got, text)
	}
	// A hash is a secret to readers nevertheless.
	if got := s.ask(t, "GET", "/v1/config/management", "", "Authorization: Bearer "+inText).body; strings.Contains(got, token.Of(inText).String()) {
		t.Error(got)
	}
	// The configuration refuses what is none.
	hash(next)
	if got := s.ask(t, "PUT", "/v1/config/management/roles/1/token", `"sha256:abcdabcdabcdabcdabcdabcdabcdabcd"`, "Authorization: Bearer "+next); got.StatusCode != 400 ||
		!strings.Contains(got.body, "/management/roles/1/token: the hash of a token is sha256: and 64 hexadecimal digits") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}
