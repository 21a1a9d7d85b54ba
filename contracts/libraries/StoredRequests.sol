// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {Request, RequestStatus} from "../interfaces/IProofMarket.sol";

/// @notice A request, packed so that each step touches few slots and no reveal writes a fresh one: a commit
/// needs the first slot only, a reveal the first three.
struct StoredRequest {
    RequestStatus status;
    uint8 verifierVersion;
    uint32 commitEnd;
    uint24 revealDuration;
    uint32 commitCount;
    /// @dev In units of BOND_UNIT.
    uint56 bondUnits;
    uint96 lockAmount;
    // second slot
    address leader;
    uint32 deadline;
    uint16 protocolFeeBps;
    // third slot
    uint96 maxFee;
    uint96 leaderFee;
    // fourth slot
    address requester;
    /// @dev The lowest fee revealed after the leader's; 0 while there is none, since every fee is at least 1.
    uint96 secondFee;
    // fifth and sixth
    bytes32 programKey;
    bytes32 publicValuesDigest;
}

/// @notice A bid. `order` 0: none. `seal` 0 with an order: revealed. The seal is the commitment's low 224 bits.
struct Bid {
    uint224 seal;
    uint32 order;
}

/// @dev The granularity of bonds: what lets a request's bond share its first slot.
uint256 constant BOND_UNIT = 1e9;

/// @notice Reading a stored request.
library StoredRequests {
    function revealEnd(StoredRequest storage self) internal view returns (uint256) {
        return uint256(self.commitEnd) + self.revealDuration;
    }

    function bond(StoredRequest storage self) internal view returns (uint256) {
        return self.bondUnits * BOND_UNIT;
    }

    /// @dev What the leader is paid: the second-lowest fee, or its own if alone.
    function price(StoredRequest storage self) internal view returns (uint256) {
        uint256 secondFee = self.secondFee;
        return secondFee == 0 ? self.leaderFee : secondFee;
    }

    function load(StoredRequest storage self) internal view returns (Request memory request) {
        request.status = self.status;
        request.requester = self.requester;
        request.programKey = self.programKey;
        request.publicValuesDigest = self.publicValuesDigest;
        request.verifierVersion = self.verifierVersion;
        request.maxFee = self.maxFee;
        request.lockAmount = self.lockAmount;
        request.bond = bond(self);
        request.protocolFeeBps = self.protocolFeeBps;
        request.commitEnd = self.commitEnd;
        request.revealEnd = revealEnd(self);
        request.deadline = self.deadline;
        request.commitCount = self.commitCount;
        request.leader = self.leader;
        request.leaderFee = self.leaderFee;
        request.price = price(self);
    }
}
