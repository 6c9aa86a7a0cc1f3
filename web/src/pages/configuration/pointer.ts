// SPDX-License-Identifier: Apache-2.0
// JSON pointers (RFC 6901).

export const escapeToken = (token: string): string => token.replaceAll("~", "~0").replaceAll("/", "~1");

// tokensOf are what a pointer goes through, unescaped.
export const tokensOf = (pointer: string): string[] => pointer.split("/").slice(1).map((t) => t.replaceAll("~1", "/").replaceAll("~0", "~"));
