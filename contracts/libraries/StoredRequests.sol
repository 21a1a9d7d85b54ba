// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {Request, RequestStatus} from "../interfaces/IProofMarket.sol";

/// @notice What a commit needs of a request: one slot, read at once.
struct Auction {
    RequestStatus status;
    uint8 verifierVersion;
    uint32 commitEnd;
    uint24 revealDuration;
    uint32 commitCount;
    /// @dev In units of BOND_UNIT.
    uint56 bondUnits;
    uint96 lockAmount;
}

/// @notice A request, packed so that each step touches few slots and no reveal writes a fresh one: a commit
/// needs the first slot only, a reveal the first three.
struct StoredRequest {
    Auction auction;
    // second slot
    address leader;
    uint32 deadline;
    uint16 protocolFeeBps;
    uint16 maxOpenAssignments;
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

/// @dev The granularity of bonds: what lets a request's bond share its first slot.
uint256 constant BOND_UNIT = 1e9;

/// @notice A sealed bid in one slot: the commitment's low 224 bits, and the bid's place among the commits.
/// No order: no bid. No seal but an order: revealed.
type Bid is uint256;

using Bids for Bid global;

library Bids {
    function pack(uint256 commitment, uint256 place) internal pure returns (Bid) {
        return Bid.wrap(commitment << 32 | place);
    }

    function seal(Bid self) internal pure returns (uint256) {
        return Bid.unwrap(self) >> 32;
    }

    function order(Bid self) internal pure returns (uint256) {
        return uint32(Bid.unwrap(self));
    }
}

/// @notice Reading a stored request.
library StoredRequests {
    function revealEnd(Auction memory self) internal pure returns (uint256) {
        return uint256(self.commitEnd) + self.revealDuration;
    }

    function bond(Auction memory self) internal pure returns (uint256) {
        return self.bondUnits * BOND_UNIT;
    }

    /// @dev What the leader is paid: the second-lowest fee, or its own if alone.
    function price(StoredRequest storage self) internal view returns (uint256) {
        uint256 secondFee = self.secondFee;
        return secondFee == 0 ? self.leaderFee : secondFee;
    }

    function load(StoredRequest storage self) internal view returns (Request memory request) {
        Auction memory auction = self.auction;
        request.status = auction.status;
        request.requester = self.requester;
        request.programKey = self.programKey;
        request.publicValuesDigest = self.publicValuesDigest;
        request.verifierVersion = auction.verifierVersion;
        request.maxFee = self.maxFee;
        request.lockAmount = auction.lockAmount;
        request.bond = bond(auction);
        request.protocolFeeBps = self.protocolFeeBps;
        request.maxOpenAssignments = self.maxOpenAssignments;
        request.commitEnd = auction.commitEnd;
        request.revealEnd = revealEnd(auction);
        request.deadline = self.deadline;
        request.commitCount = auction.commitCount;
        request.leader = self.leader;
        request.leaderFee = self.leaderFee;
        request.price = price(self);
    }
}
