// SPDX-License-Identifier: Apache-2.0

// Package browser opens pages in a real Chromium that runs inside a test machine, and uses
// them as a person does: it finds what a page shows by role and name, as a screen reader
// does, and clicks and types where that is. What can be found so can be used with a screen
// reader, too. It leaves to others which pages these are.
//
// The browser is that of Debian, in the root tree of the machine ([Packages]), and runs as a
// user of its own there. A [Page] that is done with fails its test for what no page may
// have: a violation of its content security policy, an error or a warning in the console, an
// exception, a dialog, a request to another server.
package browser
