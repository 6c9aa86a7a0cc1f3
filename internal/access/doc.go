// SPDX-License-Identifier: Apache-2.0

// Package access says whether an account can use the files and directories
// that a configuration names, by looking at them and not by trying: the one
// who asks is seldom the one who needs the file.
//
// It judges what owner, group and mode of a file and of all directories on the
// way to it decide (path_resolution(7), inode(7)), and says so where they do
// not decide. Access control lists, mandatory access control, mount options
// and sandboxes are left to those who try.
package access
