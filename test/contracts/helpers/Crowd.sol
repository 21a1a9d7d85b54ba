// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {TestToken} from "./TestToken.sol";
import {IProofMarket, RequestParams} from "contracts/interfaces/IProofMarket.sol";
import {IProverRegistry} from "contracts/interfaces/IProverRegistry.sol";

/// @notice A prover that does what its crowd says.
contract CrowdProver {
    address private immutable _crowd = msg.sender;

    function run(address target, bytes calldata data) external {
        require(msg.sender == _crowd, "not its crowd");
        (bool ok, bytes memory why) = target.call(data);
        if (!ok) {
            assembly {
                revert(add(why, 32), mload(why))
            }
        }
    }
}

/// @notice Thousands of provers and requests in a few transactions, each step through the real contracts. Every
/// request is won by the prover whose turn it is, at the requester's maximum; fees differ, and each tenth
/// request repeats the statement before it.
contract Crowd {
    uint256 private constant SELF_STAKE = 10_000e18;
    uint256 private constant COMMIT_DURATION = 1000;
    uint256 private constant REVEAL_DURATION = 1000;
    uint256 private constant DEADLINE = 2900;

    TestToken private immutable _token;
    IProverRegistry private immutable _registry;
    IProofMarket private immutable _market;
    bytes32 private immutable _programKey;
    CrowdProver[] public provers;
    uint256 public requested;
    uint256 public committed;
    uint256 public revealed;
    uint256 public fulfilled;

    constructor(TestToken token, IProverRegistry registry, IProofMarket market, bytes32 programKey) {
        (_token, _registry, _market, _programKey) = (token, registry, market, programKey);
        token.mint(address(this), 1e27);
        token.approve(address(market), type(uint256).max);
    }

    function enrol(uint256 count) external {
        for (uint256 i = 0; i < count; ++i) {
            CrowdProver prover = new CrowdProver();
            _token.mint(address(prover), SELF_STAKE);
            prover.run(
                address(_token), abi.encodeCall(_token.approve, (address(_registry), type(uint256).max))
            );
            uint256 commissionBps = (provers.length % 50) * 100;
            prover.run(
                address(_registry),
                abi.encodeCall(_registry.register, (SELF_STAKE, commissionBps, address(prover)))
            );
            provers.push(prover);
        }
    }

    function request(uint256 count) external {
        for (uint256 end = requested + count; requested < end; ++requested) {
            RequestParams memory params = RequestParams({
                programKey: _programKey,
                publicValuesDigest: bytes32(requested % 10 == 9 ? requested - 1 : requested),
                verifierVersion: 1,
                maxFee: _feeOf(requested),
                minStake: 0,
                commitDuration: COMMIT_DURATION,
                revealDuration: REVEAL_DURATION,
                deadline: block.timestamp + DEADLINE,
                inputUri: ""
            });
            require(_market.request(params) == _idOf(requested), "another id");
        }
    }

    function commit(uint256 count) external {
        for (uint256 end = committed + count; committed < end; ++committed) {
            (CrowdProver prover, bytes32 id) = (_proverOf(committed), _idOf(committed));
            bytes32 commitment =
                keccak256(abi.encode(id, address(prover), _feeOf(committed), bytes32(committed)));
            prover.run(address(_market), abi.encodeCall(_market.commit, (id, address(prover), commitment)));
        }
    }

    function reveal(uint256 count) external {
        for (uint256 end = revealed + count; revealed < end; ++revealed) {
            CrowdProver prover = _proverOf(revealed);
            bytes memory data = abi.encodeCall(
                _market.reveal, (_idOf(revealed), address(prover), _feeOf(revealed), bytes32(revealed))
            );
            prover.run(address(_market), data);
        }
    }

    function fulfil(uint256 count) external {
        for (uint256 end = fulfilled + count; fulfilled < end; ++fulfilled) {
            bytes memory data = abi.encodeCall(_market.fulfil, (_idOf(fulfilled), hex"00"));
            _proverOf(fulfilled).run(address(_market), data);
        }
    }

    function _proverOf(uint256 index) private view returns (CrowdProver) {
        return provers[index % provers.length];
    }

    function _idOf(uint256 index) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(_market), address(this), index));
    }

    function _feeOf(uint256 index) private pure returns (uint256) {
        return (1 + index % 7) * 1e18 + index;
    }
}
