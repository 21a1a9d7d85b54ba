// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {NetworkController} from "./ProverNetDouble.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";

/// @notice The market of a network such as ProverNet as its logs show it: a request that one prover wins at once, with its
/// own bid. No proof is verified, and nobody is refunded.
contract NetworkMarket {
    struct Fee {
        uint96 maxFee;
        uint96 minStake;
        uint64 deadline;
    }

    struct Request {
        uint64 nonce;
        bytes32 vk;
        bytes32 publicValuesDigest;
        string imgURL;
        bytes inputData;
        string inputURL;
        uint32 version;
        Fee fee;
    }

    event NewRequest(bytes32 indexed reqid, Request req);
    event BidRevealed(bytes32 indexed reqid, address indexed prover, uint256 fee);
    event ProofSubmitted(bytes32 indexed reqid, address indexed prover, uint256[8] proof, uint256 actualFee);
    event ProtocolFeeBpsUpdated(uint256 oldBps, uint256 newBps);

    NetworkController public immutable stakingController;
    ERC20 public immutable feeToken;
    uint256 public protocolFeeBps;
    uint256 public cumulativeProtocolFee;
    uint64 private _nonce;

    constructor(NetworkController controller) {
        stakingController = controller;
        feeToken = ERC20(controller.stakingToken());
        feeToken.approve(address(controller), type(uint256).max);
    }

    function setProtocolFeeBps(uint256 bps) external {
        emit ProtocolFeeBpsUpdated(protocolFeeBps, bps);
        protocolFeeBps = bps;
    }

    /// @dev The caller asks for statement (vk, digest), and `prover` wins it, proves it and is paid.
    function serve(address prover, bytes32 vk, bytes32 digest, uint96 fee) external {
        uint64 nonce = ++_nonce;
        bytes32 id = keccak256(abi.encodePacked(nonce, vk, digest));
        feeToken.transferFrom(msg.sender, address(this), fee);
        Fee memory terms = Fee(fee, 0, uint64(block.timestamp + 1 hours));
        emit NewRequest(id, Request(nonce, vk, digest, "", "", "", 0, terms));
        emit BidRevealed(id, prover, fee);
        uint256 cut = uint256(fee) * protocolFeeBps / 10_000;
        cumulativeProtocolFee += cut;
        if (fee != cut) stakingController.addRewards(prover, fee - cut);
        uint256[8] memory proof;
        emit ProofSubmitted(id, prover, proof, fee);
    }
}
