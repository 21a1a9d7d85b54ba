// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {VaultFactory} from "contracts/VaultFactory.sol";
import {PauseLevel, ProverState} from "contracts/interfaces/IProverRegistry.sol";
import {IProverVault} from "contracts/interfaces/IProverVault.sol";

interface ITokenLike {
    /// @dev Without its answer, so that a token may give none.
    function transferFrom(address from, address to, uint256 amount) external;
}

/// @notice Stands where a vault expects its registry, so that the vault can be brought into any state.
contract VaultHarness {
    VaultFactory public immutable factory;
    address public immutable token;
    address public treasury;
    PauseLevel public pauseLevel;
    mapping(address prover => ProverState) public stateOf;

    constructor(
        address token_,
        address treasury_,
        uint256 unbondingDelay,
        uint256 vestingPeriod,
        uint256 minSelfStake
    ) {
        token = token_;
        treasury = treasury_;
        factory = new VaultFactory(token_, unbondingDelay, vestingPeriod, minSelfStake);
    }

    function status(address prover) external view returns (ProverState, PauseLevel) {
        return (stateOf[prover], pauseLevel);
    }

    function setState(address prover, ProverState state) external {
        stateOf[prover] = state;
    }

    function setPaused(bool paused) external {
        pauseLevel = paused ? PauseLevel.DepositsAndExits : PauseLevel.None;
    }

    /// @dev As after a pause that lasted.
    function reopenExits() external {
        pauseLevel = PauseLevel.Deposits;
    }

    function setTreasury(address treasury_) external {
        treasury = treasury_;
    }

    function deploy(address prover) external returns (IProverVault vault) {
        vault = IProverVault(factory.deploy(prover));
        stateOf[prover] = ProverState.Active;
    }

    function seed(IProverVault vault, address from, uint256 assets) external returns (uint256 shares) {
        ITokenLike(token).transferFrom(from, address(vault), assets);
        return vault.seed(assets);
    }

    function reward(IProverVault vault, address from, uint256 amount, uint256 commission) external {
        ITokenLike(token).transferFrom(from, address(vault), amount);
        vault.creditReward(amount, commission);
    }

    function slash(IProverVault vault, uint256 amount, address to) external returns (uint256 slashed) {
        return vault.slash(amount, to);
    }

    function payCommission(IProverVault vault, address to) external returns (uint256 amount) {
        return vault.payCommission(to);
    }
}
