// SPDX-License-Identifier: Apache-2.0

// Package wire has what goes over the wire between kresd-manager and its clients,
// besides the values of package units: problems, and the bodies of some requests
// and answers. It links no server, so that a client that needs the types gets
// nothing else with them; what the routes are, and who may ask for what, is left to
// package api.
package wire

// BodyName stands where the name of a file would stand in positions of
// problems found in a request body.
const BodyName = "request body"
