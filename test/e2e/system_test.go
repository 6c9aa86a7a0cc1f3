// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the installed product on a real systemd, with real kresd
// workers and the manager as its unprivileged user.
package e2e

import (
	"os"
	"testing"

	"kresd-manager/test/product"
)

// sut is the machine that all tests of the package share, one after another.
var sut product.System

func TestMain(m *testing.M) { os.Exit(product.Main(m, "e2e", basic, &sut)) }

// basic is a configuration with two workers that need no other server.
const basic = `
workers: 2
network:
  listen:
    - interface: 127.0.0.1
    - interface: 127.0.0.1
      kind: dot
dnssec:
  enable: false
local-data:
  addresses:
    host.example: 192.0.2.1
`
