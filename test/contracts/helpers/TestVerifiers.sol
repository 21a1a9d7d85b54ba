// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {IProofMarket} from "contracts/interfaces/IProofMarket.sol";
import {IProofVerifier} from "contracts/interfaces/IProofVerifier.sol";

/// @notice Accepts one proof per statement, its hash: for tests about everything but the zk proof itself.
contract TestVerifier is IProofVerifier {
    bytes32 public immutable verifierKeyHash;

    constructor(bytes32 keyHash) {
        verifierKeyHash = keyHash;
    }

    function verify(bytes32 programKey, bytes32 publicValuesDigest, bytes calldata zkProof)
        external
        pure
        returns (bool)
    {
        return keccak256(zkProof) == keccak256(abi.encode(programKey, publicValuesDigest));
    }
}

/// @notice A verifier that does anything but its work, as told.
contract OddVerifier {
    enum Answer {
        Yes,
        No,
        Two,
        Nothing,
        Short,
        Long,
        Revert,
        Burn,
        Bomb,
        Reenter,
        Greedy
    }

    bytes32 public constant verifierKeyHash = keccak256("odd");

    Answer public answer;
    IProofMarket public market;
    bytes public payload;

    function set(Answer answer_) external {
        answer = answer_;
    }

    function arm(IProofMarket market_, bytes calldata payload_) external {
        (answer, market, payload) = (Answer.Reenter, market_, payload_);
    }

    function verify(bytes32, bytes32, bytes calldata) external returns (bool) {
        uint256 gas = gasleft();
        Answer a = answer;
        if (a == Answer.Reenter) {
            // What the market does to a re-entering call is its business; this one then claims success.
            (bool success,) = address(market).call(payload);
            return success;
        }
        // Says no only for lack of gas: less a little for coming here, it wants all that the market promises.
        if (a == Answer.Greedy) return gas > 498_500;
        if (a == Answer.Burn) {
            while (true) {}
        }
        assembly {
            mstore(0, 1)
            mstore(32, 1)
            switch a
            case 0 { return(0, 32) }
            case 1 {
                mstore(0, 0)
                return(0, 32)
            }
            case 2 {
                mstore(0, 2)
                return(0, 32)
            }
            case 3 { return(0, 0) }
            case 4 { return(0, 31) }
            case 5 { return(0, 64) }
            case 6 { revert(0, 32) }
            // As much as the gas bound lets it return.
            default { revert(0, 200000) }
        }
    }
}

/// @notice Has no key hash.
contract KeylessVerifier {
    bytes32 public constant verifierKeyHash = 0;
}
