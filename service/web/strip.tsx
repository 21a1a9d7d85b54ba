// SPDX-License-Identifier: AGPL-3.0-only
import { useHeads, usePage } from "./context.tsx";
import { shownCount } from "./format/amount.ts";
import { Address, When } from "./ui/values.tsx";

/** Where what is shown comes from, and how new it is. */
export function Strip() {
  const { network, source } = usePage();
  const { told } = useHeads();
  const host = (url: string) => URL.parse(url)?.host ?? url;
  return (
    <p className="strip">
      <span>Chain {network.chainId}</span>
      {told && (
        <span>
          block {shownCount(told.block)}, <When at={told.time} />
        </span>
      )}
      <span>
        {source.kind === "api" && network.api ? `API at ${host(network.api.base)}` : "from the chain alone"}
      </span>
      {network.rpc && <span>endpoint {host(network.rpc)}</span>}
      <span>
        distributor <Address of={network.distributor} link={false} />
      </span>
    </p>
  );
}
