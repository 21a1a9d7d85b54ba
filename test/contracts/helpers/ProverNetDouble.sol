// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ERC20} from "solmate/src/tokens/ERC20.sol";

/// @notice A vault as a network such as ProverNet has them: its assets are its token balance.
contract NetworkVault is ERC20("Network Vault", "NV", 18) {
    ERC20 public immutable asset;
    address public immutable controller;

    constructor(ERC20 asset_) {
        (asset, controller) = (asset_, msg.sender);
    }

    function totalAssets() public view returns (uint256) {
        return asset.balanceOf(address(this));
    }

    function convertToAssets(uint256 shares) public view returns (uint256) {
        return totalSupply == 0 ? shares : shares * totalAssets() / totalSupply;
    }

    function mint(address to, uint256 assets) external returns (uint256 shares) {
        require(msg.sender == controller);
        // The tokens are here already.
        uint256 before = totalAssets() - assets;
        shares = totalSupply == 0 ? assets : assets * totalSupply / before;
        _mint(to, shares);
    }

    function burn(address from, uint256 shares, address receiver) external returns (uint256 assets) {
        require(msg.sender == controller);
        assets = convertToAssets(shares);
        _burn(from, shares);
        asset.transfer(receiver, assets);
    }
}

/// @notice The public interface of such a network's StakingController, as far as an adapter, its stakers and whoever
/// wants to gain by it see it.
contract NetworkController {
    enum State {
        Null,
        Active,
        Deactivated,
        Jailed
    }

    ERC20 private immutable _token;
    bool public paused;
    bool public broken;
    mapping(address prover => State) public stateOf;
    mapping(address prover => NetworkVault) private _vaults;
    /// @dev As the factory has it: for ever.
    mapping(address prover => NetworkVault) public everVaultOf;

    constructor(ERC20 token) {
        _token = token;
    }

    function stakingToken() external view returns (address) {
        return address(_token);
    }

    function getProverVault(address prover) external view returns (address) {
        require(!broken, "broken");
        return address(_vaults[prover]);
    }

    function setPaused(bool paused_) external {
        paused = paused_;
    }

    function setBroken(bool broken_) external {
        broken = broken_;
    }

    function setState(address prover, State state) external {
        require(stateOf[prover] != State.Null);
        stateOf[prover] = state;
    }

    function initializeProver(uint256 selfStake) external returns (NetworkVault vault) {
        require(!paused && address(everVaultOf[msg.sender]) == address(0));
        vault = new NetworkVault(_token);
        (_vaults[msg.sender], everVaultOf[msg.sender]) = (vault, vault);
        stateOf[msg.sender] = State.Active;
        stake(msg.sender, selfStake);
    }

    /// @dev From one token on; others than the prover only with an Active one.
    function stake(address prover, uint256 amount) public returns (uint256) {
        require(!paused && amount >= 1e18 && stateOf[prover] != State.Null);
        require(msg.sender == prover || stateOf[prover] == State.Active);
        _token.transferFrom(msg.sender, address(_vaults[prover]), amount);
        return _vaults[prover].mint(msg.sender, amount);
    }

    /// @dev At the price of now. That the tokens wait for a week is left out.
    function unstake(address prover, uint256 shares) external returns (uint256) {
        return _vaults[prover].burn(msg.sender, shares, msg.sender);
    }

    /// @dev Irreversible, and only without stakers.
    function retireProver(address prover) external {
        require(stateOf[prover] != State.Null && _vaults[prover].totalSupply() == 0);
        delete stateOf[prover];
        delete _vaults[prover];
    }
}
