// SPDX-License-Identifier: Apache-2.0

import { Title } from "../parts/basics.tsx";

export default function Overview() {
  return <Title>Overview</Title>;
}
