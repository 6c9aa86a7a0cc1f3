// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"flag"
	"os"
	"testing"

	"kresd-manager/api"
	"kresd-manager/web/types"
)

var update = flag.Bool("update", false, "write the types that the pages are compiled with")

// TestThePagesKnowTheAPI holds the types that the pages are compiled with to what the API
// says of itself. They are in no byte of what is built, so that nothing else has to be made
// anew.
func TestThePagesKnowTheAPI(t *testing.T) {
	const file = "../web/src/wire.ts"
	document, err := api.Description("")
	if err != nil {
		t.Fatal(err)
	}
	got, err := types.TypeScript(document)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Error("web/src/wire.ts is not what the API is described as: go test ./api -run TestThePagesKnowTheAPI -update; make web says whether the pages still fit")
	}
}
