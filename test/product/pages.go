// SPDX-License-Identifier: Apache-2.0

package product

import "net"

// PagesAddress is where make pages serves the pages of a kept machine on this host.
const PagesAddress = "127.0.0.1:8453"

// PagesURL is what a browser of this host opens for an address of it.
func PagesURL(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return "http://localhost:" + port + "/ui/"
}
