// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ERC20} from "solmate/src/tokens/ERC20.sol";

/// @notice A vault as a network such as ProverNet has them: its assets are its token balance.
contract NetworkVault is ERC20("Network Vault", "NV", 18) {
    ERC20 public immutable asset;
    address public immutable controller;

    constructor(ERC20 asset_, address controller_) {
        (asset, controller) = (asset_, controller_);
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

/// @notice Whose log says that a prover has a vault.
contract NetworkFactory {
    event VaultCreated(address indexed prover, address indexed vault, address asset, bytes32 salt);

    function create(address prover, ERC20 asset) external returns (NetworkVault vault) {
        vault = new NetworkVault(asset, msg.sender);
        emit VaultCreated(prover, address(vault), address(asset), bytes32(bytes20(prover)));
    }
}

/// @notice The public interface of such a network's StakingController, as far as an adapter, its stakers, whoever wants
/// to gain by it, and whoever reads its logs see it.
contract NetworkController {
    enum State {
        Null,
        Active,
        Deactivated,
        Jailed
    }

    event ProverInitialized(address indexed prover, address indexed vault, uint64 defaultCommissionRate);
    event ProverStateChanged(address indexed prover, State oldState, State newState);
    event ProverRetired(address indexed prover);
    event Staked(address indexed prover, address indexed staker, uint256 shares, uint256 amount);
    event RewardsAdded(
        address indexed prover, address indexed source, uint256 amount, uint256 commission, uint256 toStakers
    );
    event CommissionRateUpdated(
        address indexed prover, address indexed source, uint64 oldRate, uint64 newRate, bool useDefault
    );

    error ControllerProverNotActive();

    ERC20 private immutable _token;
    NetworkFactory public immutable vaultFactory;
    bool public paused;
    bool public broken;
    mapping(address prover => State) public stateOf;
    mapping(address prover => NetworkVault) private _vaults;
    /// @dev As the factory has it: for ever.
    mapping(address prover => NetworkVault) public everVaultOf;
    /// @dev Source 0 is the default; a rate is stored with one more.
    mapping(address prover => mapping(address source => uint64)) private _rates;
    mapping(address prover => uint256) public commissionOf;
    mapping(address prover => uint64) public joinedAt;

    constructor(ERC20 token) {
        _token = token;
        vaultFactory = new NetworkFactory();
    }

    function stakingToken() external view returns (address) {
        return address(_token);
    }

    function getProverVault(address prover) external view returns (address) {
        require(!broken, "broken");
        return address(_vaults[prover]);
    }

    /// @dev A name and an icon follow, which are empty.
    function getProverInfo(address prover)
        external
        view
        returns (
            State state,
            address vault,
            uint64 rate,
            uint256 commission,
            uint256 stakers,
            uint64 joined,
            string memory name,
            string memory icon
        )
    {
        state = stateOf[prover];
        vault = address(_vaults[prover]);
        rate = getCommissionRate(prover, address(0));
        commission = commissionOf[prover];
        (stakers, joined, name, icon) = (0, joinedAt[prover], "", "");
    }

    function getCommissionRate(address prover, address source) public view returns (uint64) {
        uint64 own = _rates[prover][source];
        if (own == 0) own = _rates[prover][address(0)];
        return own == 0 ? 0 : own - 1;
    }

    function setPaused(bool paused_) external {
        paused = paused_;
    }

    function setBroken(bool broken_) external {
        broken = broken_;
    }

    function setState(address prover, State state) external {
        require(stateOf[prover] != State.Null);
        emit ProverStateChanged(prover, stateOf[prover], state);
        stateOf[prover] = state;
    }

    function setCommissionRate(address source, uint64 rate) external {
        uint64 old = _rates[msg.sender][source];
        _rates[msg.sender][source] = rate + 1;
        emit CommissionRateUpdated(msg.sender, source, old == 0 ? 0 : old - 1, rate, false);
    }

    function initializeProver(uint256 selfStake) external returns (NetworkVault vault) {
        require(!paused && address(everVaultOf[msg.sender]) == address(0));
        vault = vaultFactory.create(msg.sender, _token);
        (_vaults[msg.sender], everVaultOf[msg.sender]) = (vault, vault);
        (stateOf[msg.sender], joinedAt[msg.sender]) = (State.Active, uint64(block.timestamp));
        stake(msg.sender, selfStake);
        emit ProverInitialized(msg.sender, address(vault), 0);
    }

    /// @dev From one token on; others than the prover only with an Active one.
    function stake(address prover, uint256 amount) public returns (uint256 shares) {
        require(!paused && amount >= 1e18 && stateOf[prover] != State.Null);
        require(msg.sender == prover || stateOf[prover] == State.Active);
        _token.transferFrom(msg.sender, address(_vaults[prover]), amount);
        shares = _vaults[prover].mint(msg.sender, amount);
        emit Staked(prover, msg.sender, shares, amount);
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
        emit ProverRetired(prover);
    }

    /// @dev Open to all, for Active provers alone; one that is not reverts all of them.
    function addRewards(address[] calldata provers, uint256[] calldata amounts) external {
        for (uint256 i = 0; i < provers.length; ++i) {
            addRewards(provers[i], amounts[i]);
        }
    }

    function addRewards(address prover, uint256 amount) public {
        if (paused || stateOf[prover] != State.Active) revert ControllerProverNotActive();
        uint256 commission = amount * getCommissionRate(prover, msg.sender) / 10_000;
        NetworkVault vault = _vaults[prover];
        require(vault.totalSupply() != 0, "no shares");
        _token.transferFrom(msg.sender, address(this), amount);
        commissionOf[prover] += commission;
        if (amount != commission) _token.transfer(address(vault), amount - commission);
        emit RewardsAdded(prover, msg.sender, amount, commission, amount - commission);
    }
}
